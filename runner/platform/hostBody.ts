import { ReceiveWindow } from "../protocol/credit.ts";
import { TO_HOST } from "../worker/isolatePort.ts";
import { host } from "./host.ts";
import { safeMap } from "./primordials.ts";

/** A call's own body has id 0; those of sub-requests have theirs. Both are counted from 1, so they share one table. */
export function bodyKey(call: number, id: number): number {
  return id === 0 ? -call : id;
}

const open = safeMap<number, HostBody>();

/** A body that the host sends in parts: of a request, or of a sub-request's response. Holds a window of it at most. */
export class HostBody {
  readonly #call: number;
  readonly #id: number;
  readonly #window = new ReceiveWindow();
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;
  #unwanted = false;

  constructor(call: number, id: number) {
    this.#call = call;
    this.#id = id;
    open.set(bodyKey(call, id), this);
  }

  /** The next part, or undefined at the end. One reader at a time. @throws when the body is not whole. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#parts.length === 0 && this.#end === undefined && !this.#unwanted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const part = this.#parts.shift();
    if (part === undefined) {
      if (this.#end !== undefined && "error" in this.#end) throw this.#end.error;
      return undefined;
    }
    this.#giveBack(part.length);
    return part;
  }

  /** Nobody wants the rest: a sub-request ends; what is left of a request's body is let through and dropped. */
  cancel(): void {
    if (this.#end !== undefined || this.#unwanted) return;
    this.#unwanted = true;
    this.#wake?.();
    for (const part of this.#parts.splice(0)) this.#giveBack(part.length);
    if (this.#id !== 0) {
      host().send(TO_HOST.fetchCancel, this.#call, this.#id, "");
      this.end({});
    }
  }

  push(bytes: ArrayBuffer): void {
    if (this.#unwanted) {
      this.#giveBack(bytes.byteLength);
      return;
    }
    weigh(bytes.byteLength);
    this.#parts.push(new Uint8Array(bytes));
    this.#wake?.();
  }

  end(how: { readonly error?: unknown }): void {
    this.#end ??= how;
    open.delete(bodyKey(this.#call, this.#id));
    this.#wake?.();
  }

  /** The request is over for its client: parts that nobody has read are gone. */
  abort(error: unknown): void {
    this.#parts = [];
    this.end({ error });
  }

  get call(): number {
    return this.#call;
  }

  #giveBack(bytes: number): void {
    const credit = this.#end === undefined ? this.#window.consume(bytes) : 0;
    if (credit > 0) host().send(TO_HOST.credit, this.#call, this.#id, `${credit}`);
  }
}

const ListClass = Array;
/** Kept until the next: what nobody could see might never be made. */
const weight: { last?: unknown } = { __proto__: null } as object;

/**
 * V8 looks for what nobody holds when the young part of its own heap is full, and what a part holds lies outside of that: of parts that
 * were read and dropped, 20 MB would come together. So as much is thrown away within the heap for each.
 */
function weigh(bytes: number): void {
  // Eight bytes for each item.
  weight.last = new ListClass(bytes >> 3);
}

/** The body that a part from the host belongs to; undefined when nobody waits for it any more. */
export function hostBody(call: number, id: number): HostBody | undefined {
  return open.get(bodyKey(call, id));
}

/** @param error made when there is a body to abort */
export function abortHostBodies(call: number, error: () => unknown): void {
  open.forEach((body) => {
    if (body.call === call) body.abort(error());
  });
}
