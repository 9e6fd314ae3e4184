import type { EdgeFunction } from "@edge-fleet/runner/contract";
import init, { decompress } from "brotli-dec-wasm/web";
import wasm from "brotli-dec-wasm/web/bg.wasm?module";

/** A codec in WebAssembly, made from Rust: its module is one of the release. What comes in is Base64. */
let ready: Promise<unknown> | undefined;

export default {
  async fetch(request) {
    ready ??= init({ module_or_path: wasm });
    await ready;
    try {
      return new Response(
        decompress(
          Uint8Array.from(atob(await request.text()), (char) => char.charCodeAt(0)),
        ) as Uint8Array<ArrayBuffer>,
      );
    } catch (error) {
      return new Response(`${error}`, { status: 400 });
    }
  },
} satisfies EdgeFunction;
