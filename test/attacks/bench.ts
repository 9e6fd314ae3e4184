import { type TestAnswer, type TestFunction, TestRunner, until } from "../../runner/runnerFixture.ts";
import { cpuMs, residentMb, runnerProcesses, zombiesOf } from "../../runner/runnerProcesses.ts";
import { percentileMs, type Sample, SteadyLoad, type Target } from "../runner/steadyLoad.ts";
import { type Attack, attackFunction } from "./attack.ts";

/** Serving workers and the one that stands by. */
const WORKERS = 3;
const NEIGHBOURS = ["near", "nearby", "next"] as const;
const PER_SECOND = 80;
const LONGEST_MS = 600_000;
/** Answers after which a function counts as well behaved: it attacks from where its neighbours are, not from probation. */
const CALM_ANSWERS = 30;
const SAMPLE_MS = 25;
/** Share of one core that the neighbours' own load stays below. */
const CALM_CPU_SHARE = 0.5;
const CALM_WINDOW_MS = 150;

const NEIGHBOUR: TestFunction = {
  code: `export default { async fetch(request) {
    const text = await request.text();
    return Response.json({ path: new URL(request.url).pathname, bytes: text.length });
  } };`,
  routes: [],
};

export interface Observation {
  /** Error code, first word of a 200, or `cut` when the connection ended without an answer. */
  readonly outcomes: readonly string[];
  readonly tookMs: number;
  readonly neighbours: {
    readonly requests: number;
    /** Not answered with 200, begun POSTs of a worker that died left out. */
    readonly failed: readonly Sample[];
    /** Begun POSTs of a worker that died: answered with the typed 502. */
    readonly lost: number;
    readonly p99Ms: number;
    readonly longestMs: number;
  };
  readonly deaths: readonly { readonly process: string; readonly cause: string; readonly replacedMs: number }[];
  /** The largest worker's resident size meanwhile, MB. */
  readonly workerMb: number;
}

/** A runner with three neighbours under steady load, beside whom attacks are run one after the other. */
export class AttackBench implements AsyncDisposable {
  readonly runner: TestRunner;
  load: SteadyLoad | undefined;
  /** All that the release has. */
  functions: Readonly<Record<string, TestFunction>> = {};

  constructor(config: ConstructorParameters<typeof TestRunner>[0] = {}) {
    this.runner = new TestRunner({ workers: WORKERS - 1, ...config });
  }

  /** Starts the runner, the neighbours and their load. */
  async start(functions: Readonly<Record<string, TestFunction>>): Promise<void> {
    await this.runner.start();
    const neighbours = NEIGHBOURS.map((name) => [name, { ...NEIGHBOUR, routes: [`/${name}`] }] as const);
    this.functions = { ...Object.fromEntries(neighbours), ...functions };
    await this.runner.deploy(this.functions);
    await this.settled();
    const gets: Target[] = NEIGHBOURS.map((name) => ({ path: `/${name}` }));
    const targets = [...gets, { path: "/near", method: "POST", body: "x" }];
    for (const { path } of gets) await this.runner.fetch(path);
    this.load = new SteadyLoad(this.runner.config.data, { targets, perSecond: PER_SECOND, longestMs: LONGEST_MS });
  }

  get supervisor(): number {
    return this.runner.process?.pid as number;
  }

  /** All workers are there. */
  settled(): Promise<void> {
    const connected = async () => JSON.parse(await this.runner.admin("/readyz")).workers === WORKERS;
    return until("all workers are connected", connected);
  }

  /** Calm requests first, then the attack; ends when all workers are there again. */
  async run(attack: Attack): Promise<Observation> {
    const path = `/attack/${attack.name}`;
    for (let done = 0; done < CALM_ANSWERS; done++) {
      const { status, body } = await this.runner.fetch(path);
      if (body !== "calm") throw new Error(`${attack.name} does not serve before its attack: ${status} ${body}`);
    }
    return this.observe(async () => {
      const { method = "GET", query = "", headers = {}, body } = attack.request ?? {};
      const request = { method, headers: { ...headers, "x-attack": "1" }, ...(body === undefined ? {} : { body }) };
      const requests = Array.from({ length: attack.atOnce ?? 1 }, async () => {
        const answer = await this.runner.fetch(`${path}${query}`, request).catch(() => undefined);
        if (answer === undefined) return "cut";
        const text = `${JSON.stringify(answer.headers)}\n${answer.body}`;
        return attack.refuses?.test(text) ? `leaked ${text.slice(0, 500)}` : outcomeOf(answer);
      });
      return Promise.all(requests);
    });
  }

  /** What the neighbours feel while something happens. */
  async observe(happening: () => Promise<readonly string[]>): Promise<Observation> {
    const line = this.runner.lines.length;
    const started = performance.now();
    const memory = this.#watchMemory();
    const outcomes = await happening().finally(memory);
    const tookMs = performance.now() - started;
    await this.settled();
    await this.#calm();
    const workerMb = memory();
    const samples = this.load?.since(started - 100) ?? [];
    const bad = samples.filter(({ status }) => status !== 200);
    const deaths = this.#deathsSince(line);
    const isLost = ({ method, error }: Sample) => method === "POST" && error === "ERR_WORKER_LOST" && deaths.length > 0;
    return {
      outcomes,
      tookMs,
      neighbours: {
        requests: samples.length,
        failed: bad.filter((sample) => !isLost(sample)),
        lost: bad.filter(isLost).length,
        p99Ms: percentileMs(samples, 0.99),
        longestMs: Math.max(...samples.map(({ tookMs }) => tookMs)),
      },
      deaths,
      workerMb,
    };
  }

  /** Typed 502s of the neighbours that the runner has counted. */
  async countedLosses(): Promise<number> {
    const metrics = await this.runner.admin("/metrics");
    const lines = metrics.matchAll(/^edge_runner_errors_total\{(.*)\} (\d+)$/gm);
    let sum = 0;
    for (const [, labels = "", value] of lines) {
      if (/code="ERR_WORKER_LOST"/.test(labels) && /function="near"/.test(labels)) sum += Number(value);
    }
    return sum;
  }

  zombies(): number[] {
    return zombiesOf(this.supervisor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.load?.stop();
    await this.runner[Symbol.asyncDispose]();
  }

  /** What goes on after the answer is a part of the attack, and must end as well. */
  async #calm(): Promise<void> {
    const busy = async () => {
      const before = workersCpuMs(this.supervisor);
      const at = performance.now();
      await new Promise((resolve) => setTimeout(resolve, CALM_WINDOW_MS));
      return (workersCpuMs(this.supervisor) - before) / (performance.now() - at);
    };
    await until("the workers are calm", async () => (await busy()) < CALM_CPU_SHARE);
    await this.settled();
  }

  /** @returns ends the watch and gives the largest size seen. */
  #watchMemory(): () => number {
    let largest = 0;
    const look = () => {
      for (const pid of runnerProcesses(this.supervisor, "worker")) largest = Math.max(largest, residentMb(pid));
    };
    look();
    const timer = setInterval(look, SAMPLE_MS).unref();
    return () => {
      clearInterval(timer);
      return Math.round(largest);
    };
  }

  #deathsSince(line: number): Observation["deaths"] {
    const lines = this.runner.lines.slice(line);
    return lines.flatMap((entry) => {
      const [, process] = /^(\S+) died and is started again$/.exec(`${entry.message}`) ?? [];
      if (process === undefined) return [];
      const died = Date.parse(`${entry.time}`);
      const slot = Number(process.split("-")[1]);
      const back = lines.find(
        (other) =>
          other.message === "a worker is connected" && other.slot === slot && Date.parse(`${other.time}`) >= died,
      );
      return [{ process, cause: `${entry.cause}`, replacedMs: Date.parse(`${back?.time}`) - died }];
    });
  }
}

function workersCpuMs(supervisor: number): number {
  return runnerProcesses(supervisor, "worker").reduce((sum, pid) => sum + cpuMs(pid), 0);
}

/** The release of all attackers of a table. */
export function attackers(attacks: readonly Attack[]): Readonly<Record<string, TestFunction>> {
  return Object.fromEntries(attacks.map((attack) => [`attack-${attack.name}`, attackFunction(attack)]));
}

export function outcomeOf({ status, headers, body }: TestAnswer): string {
  const code = headers["x-edge-error"];
  if (code !== undefined) return `${code}`;
  return status === 200 ? (body.split(" ")[0] ?? "") : `${status}`;
}
