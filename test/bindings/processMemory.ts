import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const PIECE_BYTES = 4 * 1024 * 1024;

/** Whether one of these stands anywhere in what a process can write. Linux; for who may read the process. */
export function holdsInMemory(pid: number, wanted: readonly Buffer[]): boolean {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    return regionsOf(pid).some(([from, to]) => isIn(memory, from, to, wanted));
  } finally {
    closeSync(memory);
  }
}

/** Regions of which something is in memory. */
function regionsOf(pid: number): [from: number, to: number][] {
  const entries = readFileSync(`/proc/${pid}/smaps`, "utf8").split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  return entries.flatMap((entry) => {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(entry) ?? [];
    const isResident = !/^Rss:\s+0 kB/m.test(entry);
    return from === undefined || to === undefined || !isResident
      ? []
      : [[Number.parseInt(from, 16), Number.parseInt(to, 16)]];
  });
}

function isIn(memory: number, from: number, to: number, wanted: readonly Buffer[]): boolean {
  const overlap = Math.max(...wanted.map(({ length }) => length));
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let at = from; at < to; at += PIECE_BYTES - overlap) {
    const read = readSync(memory, piece, 0, Math.min(PIECE_BYTES, to - at), at);
    if (wanted.some((bytes) => piece.subarray(0, read).includes(bytes))) return true;
  }
  return false;
}
