import type { FunctionLimits } from "../../limits.ts";
import { type CryptoRequest, isQuick } from "../cryptoPort.ts";
import { type CodecRequest, type JobFailure, type JobResult, STEP_BYTES } from "../hostPort.ts";
import type { HostNow } from "../sandbox.ts";
import { Codec, codecBytes } from "./codec.ts";
import { costMs } from "./crypto/costs.ts";
import { CryptoWork } from "./crypto/cryptoWork.ts";
import { KeyRing } from "./crypto/keys.ts";
import type { JobOwner, JobQueue } from "./jobQueue.ts";
import { parseJob } from "./jobRequest.ts";

/** Compression streams that one isolate may have open, and what they may hold outside of it, bytes. */
const CODECS_MAX = 16;
const CODECS_BYTES_MAX = 32 * 1024 * 1024;
/** The most that a step of a compression stream is charged, ms for each byte that goes in or comes out. */
const CODEC_BYTE_MS = { compress: 60e-6, decompress: 10e-6 } as const;

/** What work costs that fails before it is known what it costs, ms. */
const REFUSAL_MS = 0.05;

interface HostWorkParts {
  readonly queue: JobQueue;
  readonly limits: FunctionLimits;
  /** CPU time that a request has been charged so far, ms; undefined when it is over. */
  usedMs(call: number): number | undefined;
  charge(call: number, cpuMs: number): void;
  done(call: number, id: number, result: JobResult, output: Buffer): void;
  failed(call: number, id: number, failure: JobFailure): void;
}

interface OpenCodec {
  readonly call: number;
  readonly codec: Codec;
  readonly bytes: number;
  busy: boolean;
}

/** Work that one isolate has done outside of it, charged to the request that asks for it: what is small at once, the rest as jobs. */
export class HostWork implements HostNow {
  readonly #parts: HostWorkParts;
  readonly #jobs: JobOwner;
  readonly #keys = new KeyRing();
  /** CPU time of the host for the module's top level, which has as much of it as of its own. */
  #startMs = 0;
  readonly #codecs = new Map<number, OpenCodec>();

  constructor(parts: HostWorkParts) {
    this.#parts = parts;
    this.#jobs = parts.queue.newOwner(parts.limits.hostWork);
  }

  /** Quick cryptographic work, as HostCompute says. */
  compute(call: number, text: string, input: ArrayBuffer): ArrayBuffer | string | number {
    const request = parseJob(text, input.byteLength);
    if (request === undefined || request.op === "codec" || !isQuick(request, input.byteLength)) {
      return this.pay(call, REFUSAL_MS) ?? "the work is not valid";
    }
    try {
      const work = new CryptoWork(request, Buffer.from(input), this.#keys);
      const over = this.pay(call, costMs(request, input.byteLength, work.key));
      if (over !== undefined) return over;
      return new Uint8Array(work.now()).buffer;
    } catch (error) {
      // A key that cannot be read has cost something as well.
      return this.pay(call, REFUSAL_MS) ?? (error as Error).message;
    }
  }

  /**
   * Charges a request before the work, or the start.
   *
   * @returns what it would have used when that is over its limit, or that the request is over; then nothing is charged.
   */
  pay(call: number, costMs: number): string | number | undefined {
    if (call !== 0) return this.#parts.usedMs(call) === undefined ? "the request is over" : this.charge(call, costMs);
    const total = this.#startMs + costMs;
    if (total > this.#parts.limits.startMs) return total;
    this.#startMs = total;
    return undefined;
  }

  /** Charges a request that is open. @returns as {@link pay} */
  charge(call: number, costMs: number): number | undefined {
    const total = (this.#parts.usedMs(call) ?? 0) + costMs;
    if (total > this.#parts.limits.cpuMs) return total;
    this.#parts.charge(call, costMs);
    return undefined;
  }

  /** A job that the isolate asks for; `done` or `failed` answers, unless its request is over before. */
  job(call: number, id: number, text: string, body: Buffer): void {
    const job = parseJob(text, body.length);
    if (job === undefined) {
      this.#parts.failed(call, id, { message: "the job is not valid" });
      return;
    }
    if (job.op === "codec" && job.first !== true && !this.#codecs.has(job.codec)) {
      this.#parts.failed(call, id, { message: "the stream ended with the request that used it first" });
      return;
    }
    const open = job.op === "codec" ? this.#openCodec(call, job, body) : undefined;
    if (job.op === "codec" && open === undefined) {
      this.#parts.failed(call, id, { limit: "hostWork", used: this.#codecs.size });
      return;
    }
    const run = async () => {
      if (this.#parts.usedMs(call) === undefined) return;
      try {
        if (job.op === "codec") await this.#step(call, id, job, open as OpenCodec, body);
        else await this.#compute(call, id, job, body);
      } catch (error) {
        this.#parts.charge(call, REFUSAL_MS);
        this.#parts.failed(call, id, { message: (error as Error).message });
      }
    };
    const had = this.#jobs.submit({ call, bytes: body.length, run });
    if (had !== undefined) this.#parts.failed(call, id, { limit: "hostWork", used: had });
  }

  /** The stream is not used any more, whatever is left in it. */
  closeCodec(id: number): void {
    this.#codecs.get(id)?.codec.close();
    this.#codecs.delete(id);
  }

  endCall(call: number): void {
    this.#jobs.drop(call);
    for (const [id, open] of this.#codecs) if (open.call === call) this.closeCodec(id);
  }

  /** The isolate is gone. */
  dispose(): void {
    this.#jobs.drop();
    for (const id of [...this.#codecs.keys()]) this.closeCodec(id);
  }

  async #compute(call: number, id: number, request: CryptoRequest, body: Buffer): Promise<void> {
    const work = new CryptoWork(request, body, this.#keys);
    const over = this.charge(call, costMs(request, body.length, work.key));
    if (over !== undefined) return this.#parts.failed(call, id, { limit: "cpuMs", used: over });
    this.#parts.done(call, id, {}, await work.later());
  }

  /** @returns undefined when the isolate may have no more of them */
  #openCodec(call: number, request: CodecRequest, first: Buffer): OpenCodec | undefined {
    const { codec: id, mode, format } = request;
    const known = this.#codecs.get(id);
    if (known !== undefined) return known;
    const bytes = codecBytes(request, first);
    const held = [...this.#codecs.values()].reduce((sum, open) => sum + open.bytes, 0);
    if (this.#codecs.size >= CODECS_MAX || held + bytes > CODECS_BYTES_MAX) return undefined;
    const open = { call, codec: new Codec(mode, format), bytes, busy: false };
    this.#codecs.set(id, open);
    return open;
  }

  async #step(call: number, id: number, job: CodecRequest, open: OpenCodec, body: Buffer): Promise<void> {
    if (open.busy || body.length > STEP_BYTES) throw new Error("the stream is at work already");
    const over = this.charge(call, 0);
    if (over !== undefined) return this.#parts.failed(call, id, { limit: "cpuMs", used: over });
    open.busy = true;
    const startedMs = performance.now();
    try {
      const { output, fed, ended } = await open.codec.step(body.length > 0 ? body : undefined, job.last);
      // On the clock, which counts the machine's load as well: hence no more than such a step ever takes.
      const mostMs = (body.length + output.length + STEP_BYTES) * CODEC_BYTE_MS[job.mode];
      this.#parts.charge(call, Math.min(performance.now() - startedMs, mostMs));
      if (ended) this.closeCodec(job.codec);
      this.#parts.done(call, id, { fed, ended }, output);
    } catch (error) {
      this.closeCodec(job.codec);
      throw error;
    } finally {
      open.busy = false;
    }
  }
}
