/** Smaller ones are not worth the call, and may share a pool with others, bytes. */
const FREED_BYTES_MIN = 16 * 1024;

/**
 * Gives the memory of bytes back at once. The collector would wait until 64 MB of such buffers have come together, and no longer
 * for a body of a gigabyte than for one of that size. Only for bytes that their caller alone holds and that were copied or
 * written; a view of something larger stays as it is.
 */
export function freeBytes(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes;
  if (byteLength < FREED_BYTES_MIN || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  buffer.transfer(0);
}
