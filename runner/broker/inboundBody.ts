import { Readable } from "node:stream";
import { ReceiveWindow } from "../protocol/credit.ts";

/** Smaller parts that wait are joined up to this, bytes: what a body holds of the broker is its bytes, however it is cut. */
const JOINED_BYTES = 4 * 1024;

/** A sub-request's body as it comes from a worker in parts; the worker gets credit back as the origin takes them. */
export class InboundBody {
  readonly stream: Readable;
  readonly #window = new ReceiveWindow();
  readonly #parts: Buffer[] = [];
  readonly #giveCredit: (bytes: number) => void;
  #end: "open" | "ended" | Error = "open";
  #wake = () => {};

  constructor(giveCredit: (bytes: number) => void) {
    this.#giveCredit = giveCredit;
    this.stream = Readable.from(this.#take(), { objectMode: false });
    // Its reader hears of errors; without one there is nobody to tell.
    this.stream.on("error", () => {});
  }

  push(part: Buffer): void {
    if (this.#end !== "open" || part.length === 0) return;
    if (this.#window.receive(part.length)) this.#keep(part);
    else this.#end = new Error("the body came faster than it was asked for");
    this.#wake();
  }

  end(failure?: string): void {
    if (this.#end === "open") this.#end = failure === undefined ? "ended" : new Error(failure);
    this.#wake();
  }

  #keep(part: Buffer): void {
    const last = this.#parts.at(-1);
    if (last === undefined || last.length + part.length > JOINED_BYTES) this.#parts.push(part);
    else this.#parts[this.#parts.length - 1] = Buffer.concat([last, part]);
  }

  async *#take(): AsyncGenerator<Buffer> {
    for (;;) {
      const part = this.#parts.shift();
      if (part !== undefined) {
        yield part;
        const credit = this.#window.consume(part.length);
        if (credit > 0) this.#giveCredit(credit);
      } else if (this.#end === "ended") {
        return;
      } else if (this.#end !== "open") {
        throw this.#end;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
