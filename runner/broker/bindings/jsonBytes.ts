const SCALAR_BYTES = 16;
/** Of an object or a list, without what is in it. */
const HOLDER_BYTES = 64;
const CHAR_BYTES = 2;

/** What a value that has a form in JSON takes of the heap, bytes: roughly, and rather more than less. */
export function jsonBytes(value: unknown): number {
  let bytes = 0;
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== "object" || next === null) {
      bytes += SCALAR_BYTES + (typeof next === "string" ? next.length * CHAR_BYTES : 0);
      continue;
    }
    bytes += HOLDER_BYTES;
    if (Array.isArray(next)) {
      for (const item of next) left.push(item);
      continue;
    }
    for (const [key, item] of Object.entries(next)) {
      bytes += SCALAR_BYTES + key.length * CHAR_BYTES;
      left.push(item);
    }
  }
  return bytes;
}
