import { askHaproxy, HaproxySocketError } from "../haproxySocket.ts";

/** HAProxy reads a command and its lines into one buffer of 16 KB. */
const PAYLOAD_BYTES_MAX = 12 * 1024;

/** HAProxy's socket for commands: one connection for each. */
export class HaproxyCommands {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Whether a map has the key now. @throws HaproxySocketError */
  async valueIn(map: string, key: string): Promise<string | null> {
    const answer = await askHaproxy(this.#socketPath, `get map ${map} ${key}`);
    return /(?:match|found)=yes.*value="([^"]*)"/.exec(answer)?.[1] ?? null;
  }

  /**
   * Puts other lines in the place of a map's, in one step: requests see the old ones or the new ones.
   *
   * @throws HaproxySocketError
   */
  async replaceMap(map: string, lines: readonly string[]): Promise<void> {
    const prepared = await askHaproxy(this.#socketPath, `prepare map ${map}`);
    const version = /New version created: (\d+)/.exec(prepared)?.[1];
    if (version === undefined) throw new HaproxySocketError(`to "prepare map" it said ${JSON.stringify(prepared)}`);
    for (const payload of payloads(lines)) {
      const said = await askHaproxy(this.#socketPath, `add map @${version} ${map}`, payload);
      if (said.trim() !== "") throw new HaproxySocketError(`to "add map" it said ${JSON.stringify(said)}`);
    }
    const said = await askHaproxy(this.#socketPath, `commit map @${version} ${map}`);
    if (said.trim() !== "") throw new HaproxySocketError(`to "commit map" it said ${JSON.stringify(said)}`);
  }

  /** Counts of a stick table by key. @throws HaproxySocketError */
  async counts(table: string): Promise<Map<string, number>> {
    const answer = await askHaproxy(this.#socketPath, `show table ${table}`);
    const rows = answer.matchAll(/key=(\S+) .*gpc0=(\d+)/g);
    return new Map([...rows].map(([, key, count]) => [key as string, Number(count)]));
  }
}

function* payloads(lines: readonly string[]): Generator<string> {
  let payload = "";
  for (const line of lines) {
    if (payload.length + line.length > PAYLOAD_BYTES_MAX) {
      yield payload;
      payload = "";
    }
    payload += `${line}\n`;
  }
  if (payload !== "") yield payload;
}
