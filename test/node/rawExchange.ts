import type { Duplex } from "node:stream";

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Bytes as they are in Latin-1, and the answers that come until `enough` are whole, the connection ends or time is up. Then it is closed, unless `staysOpen`. */
export function exchange(
  socket: Duplex,
  bytes: string | readonly string[],
  { enough = 1, withinMs = 10_000, quietMs = 0, staysOpen = false } = {},
): Promise<{ readonly answers: readonly RawAnswer[]; readonly closed: boolean }> {
  return new Promise((resolve) => {
    let text = "";
    let closed = false;
    const end = () => {
      clearTimeout(timer);
      if (!staysOpen) socket.destroy();
      resolve({ answers: parseAnswers(text), closed });
    };
    const timer = setTimeout(end, withinMs);
    let quiet: NodeJS.Timeout | undefined;
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (parseAnswers(text).length < enough) return;
      // One answer more than there should be gets the time to come.
      clearTimeout(quiet);
      quiet = setTimeout(end, quietMs);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      closed = true;
      end();
    });
    for (const part of typeof bytes === "string" ? [bytes] : bytes) socket.write(part, "latin1");
  });
}

/** Whole answers, one after the other; interim ones are left out. */
function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (;;) {
    const headEnd = rest.indexOf("\r\n\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(rest)?.[1]);
    if (headEnd < 0 || !status) return answers;
    const head = rest.slice(0, headEnd);
    const body = bodyOf(head, status, rest.slice(headEnd + 4));
    if (body === null) return answers;
    rest = body.rest;
    if (status >= 200) answers.push({ status, head, body: body.text });
  }
}

function bodyOf(head: string, status: number, bytes: string): { text: string; rest: string } | null {
  if (status < 200 || status === 204 || status === 304) return { text: "", rest: bytes };
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  if (length !== undefined) {
    return bytes.length < Number(length)
      ? null
      : { text: bytes.slice(0, Number(length)), rest: bytes.slice(Number(length)) };
  }
  if (!/^transfer-encoding: *chunked$/im.test(head)) return { text: bytes, rest: "" };
  let text = "";
  let rest = bytes;
  for (;;) {
    const line = rest.indexOf("\r\n");
    if (line < 0) return null;
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (rest.length < line + 2 + size + 2) return null;
    text += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 2 + size + 2);
    if (size === 0) return { text, rest };
  }
}
