/** WebAssembly modules as tests write them. */
import { u32Bytes } from "./byteCursor.ts";

export function moduleOf(...sections: readonly (readonly [id: number, content: readonly number[]])[]): Uint8Array {
  const parts = sections.flatMap(([id, content]) => [[id, ...u32Bytes(content.length)], content]);
  return Uint8Array.from([[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], ...parts].flat());
}

/** A name in a module: its length, then its letters. */
export function text(name: string): number[] {
  return [...u32Bytes(name.length), ...Buffer.from(name)];
}
