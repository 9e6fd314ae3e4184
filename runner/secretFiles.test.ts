import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { scratchFolder } from "./release/fixtures.ts";
import { readSecrets, SECRET_BYTES_MAX, SecretError } from "./secretFiles.ts";

async function folderWith(t: TestContext, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await scratchFolder(t);
  for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), value, { mode: 0o600 });
  return folder;
}

const wanting = (secrets: Record<string, string>) => ({ name: "api", secrets });

test("values come by variable, without one line end", async (t) => {
  const folder = await folderWith(t, { plain: "a b", line: "value\n", two: "x\r\n\n", "p.e-m_1": "é\nü" });
  const wanted = wanting({ A: "plain", B: "line", C: "two", D: "p.e-m_1", E: "plain" });
  assert.deepEqual(await readSecrets(folder, wanted), { A: "a b", B: "value", C: "x\r\n", D: "é\nü", E: "a b" });
  assert.deepEqual(await readSecrets("/nowhere", wanting({})), {});
});

test("a change is seen by the next read", async (t) => {
  const folder = await folderWith(t, { key: "old" });
  await readSecrets(folder, wanting({ KEY: "key" }));
  writeFileSync(join(folder, "key"), "new");
  assert.deepEqual(await readSecrets(folder, wanting({ KEY: "key" })), { KEY: "new" });
});

test("what cannot be a secret is refused with function, variable, file and remedy, and without its value", async (t) => {
  const folder = await folderWith(t, {
    empty: "\n",
    large: "hunter2".repeat(SECRET_BYTES_MAX / 4),
    open: "hunter2",
    binary: Buffer.from([0xff, 0x68, 0x75]),
  });
  chmodSync(join(folder, "open"), 0o640);
  mkdirSync(join(folder, "folder"), { mode: 0o700 });
  execFileSync("mkfifo", ["-m", "600", join(folder, "pipe")]);
  const remedies: Record<string, RegExp> = {
    missing: /is not there; write the value to it, .*chmod 600/,
    empty: /is empty; write the value/,
    large: /has 57344 bytes, the most is 32768/,
    open: /mode 640\); run chmod 600/,
    binary: /is not UTF-8; encode/,
    folder: /is not a plain file/,
    pipe: /is not a plain file/,
  };
  for (const [secret, remedy] of Object.entries(remedies)) {
    await assert.rejects(readSecrets(folder, wanting({ KEY: secret })), (error: SecretError) => {
      assert.ok(error instanceof SecretError);
      assert.equal(error.owner, "api");
      assert.ok(error.message.startsWith(`the secret ${secret} (KEY of api): ${join(folder, secret)} `), error.message);
      assert.match(error.message, remedy);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  }
});
