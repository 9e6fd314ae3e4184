import { KvThread } from "./kvThread.ts";

/** Writes one key after the other, several at a time, and tells which have been acknowledged, until it is killed. */
const [script = "", path = "", round = ""] = process.argv.slice(2);
// Listening to the parent is what keeps the process: the thread does not.
process.on("message", () => {});
const kv = new KvThread(script, { path, ceilings: { namespaceBytes: 1e9, fileBytes: 1e9 } });
for (let number = 0; ; number += 8) {
  const batch = Array.from({ length: 8 }, (_, index) => `${round}/${number + index}`);
  await Promise.all(
    batch.map((key) => kv.put("notes", key, { size: 3, expires: null, metadata: null }, Buffer.from("abc"))),
  );
  process.send?.(number + 7);
}
