import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { managerPaths } from "../../components/local/manager/spec.ts";
import { nodeDir } from "../../components/local/stateDir.ts";
import { localNodes } from "../../components/node/nodeConfig.ts";
import type { Environment } from "../environment.ts";
import { CommandError } from "../errors.ts";
import { FollowedFile } from "./followedFile.ts";
import type { LogQuery, LogRecord, LogSource } from "./logSource.ts";

const LOOK_EVERY_MS = 200;

interface NodeLog {
  readonly node: string;
  readonly region: string;
  readonly file: FollowedFile;
}

/** `runner.log` of each node of the local fleet. */
export class LocalLogs implements LogSource {
  readonly #logs: readonly NodeLog[];

  private constructor(logs: readonly NodeLog[]) {
    this.#logs = logs;
  }

  /** @throws CommandError where no node has ever run */
  static of({ config, paths, stack }: Environment): LocalLogs {
    const logs = config.regions.flatMap((region) =>
      localNodes(region).map(({ name }) => {
        const path = join(managerPaths(nodeDir(paths.root, name)).logDir, "runner.log");
        return { node: name, region: region.name, path };
      }),
    );
    if (!logs.some(({ path }) => existsSync(path))) {
      throw new CommandError(
        `no node of stack ${stack} has a log below ${paths.root}/nodes. \`npm start\` brings the fleet up.`,
      );
    }
    return new LocalLogs(logs.map(({ path, ...node }) => ({ ...node, file: new FollowedFile(path) })));
  }

  async *read({ last, isTail, fits, signal }: LogQuery): AsyncGenerator<LogRecord> {
    const newest = await Promise.all(this.#logs.map((log) => newestOf(log, last, fits)));
    yield* newest
      .flat()
      .sort(byTime)
      .slice(-last || Number.MAX_SAFE_INTEGER);
    while (isTail && !signal.aborted) {
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
      const found: LogRecord[] = [];
      for (const log of this.#logs) {
        for await (const line of log.file.newer()) {
          const record = recordOf(line, log);
          if (fits(record)) found.push(record);
        }
      }
      yield* found.sort(byTime);
    }
  }
}

async function newestOf(log: NodeLog, last: number, fits: LogQuery["fits"]): Promise<LogRecord[]> {
  const kept: LogRecord[] = [];
  for (const lines of [log.file.older(), log.file.newer()]) {
    for await (const line of lines) {
      const record = recordOf(line, log);
      if (!fits(record)) continue;
      kept.push(record);
      // Twice as many, so that not every line moves all others.
      if (kept.length >= 2 * last + 2) kept.splice(0, kept.length - last);
    }
  }
  return last === 0 ? [] : kept.slice(-last);
}

/** What is no JSON was written by a process that ended badly: it is shown as it is. */
function recordOf(line: string, { node, region }: Pick<NodeLog, "node" | "region">): LogRecord {
  try {
    const record = JSON.parse(line) as LogRecord;
    if (typeof record.time === "string" && typeof record.message === "string") return { ...record, node, region };
  } catch {}
  return { time: "", level: "error", message: line, node, region };
}

function byTime(a: LogRecord, b: LogRecord): number {
  return a.time < b.time ? -1 : a.time > b.time ? 1 : 0;
}
