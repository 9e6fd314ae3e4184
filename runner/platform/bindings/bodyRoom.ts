/** Bytes of bodies that an isolate has on their way to the broker at once: outside of it they count against no heap of its own. */
const BYTES_MAX = 4 * 1024 * 1024;

interface Waiting {
  readonly bytes: number;
  /** @returns whether it has begun: its request may be over. */
  readonly begin: () => boolean;
}

let underWay = 0;
/** In the order of their coming; `next` is the first that waits. */
let queue: Waiting[] = [];
let next = 0;

/** Begins when there is room for so many bytes; one alone always finds room. */
export function whenRoom(bytes: number, begin: () => boolean): void {
  queue[queue.length] = { bytes, begin };
  go();
}

/** A body has arrived, or nobody waits for that. */
export function giveRoom(bytes: number): void {
  if (bytes === 0) return;
  underWay -= bytes;
  go();
}

function go(): void {
  for (;;) {
    const first = queue[next];
    if (first === undefined) {
      queue = [];
      next = 0;
      return;
    }
    if (underWay > 0 && underWay + first.bytes > BYTES_MAX) return;
    delete queue[next++];
    underWay += first.bytes;
    if (!first.begin()) underWay -= first.bytes;
  }
}
