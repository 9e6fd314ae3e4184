import module from "@jsquash/png/codec/pkg/squoosh_png_bg.wasm";
import type { Pixels } from "./shrink.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly __wbindgen_malloc: (bytes: number, align: number) => number;
  readonly __wbindgen_free: (at: number, bytes: number, align: number) => void;
  readonly __wbindgen_add_to_stack_pointer: (bytes: number) => number;
  readonly decode: (at: number, bytes: number) => number;
  readonly encode: (to: number, at: number, bytes: number, width: number, height: number, bits: number) => void;
}

const BITS = 8;
const MADE_AN_IMAGE = "__wbg_newwithownedu8clampedarray";

/**
 * The package's own JavaScript has one instance for all images, whose memory stays as large as the largest of them needed; so an
 * instance is made here for each. The names of its imports end with hashes.
 */
function instance(made: (image: Pixels) => void): Exports {
  const imports = WebAssembly.Module.imports(module).map(({ name }) => {
    const isImage = name.startsWith(MADE_AN_IMAGE);
    const called = (at: number, bytes: number, width: number, height: number) => {
      if (!isImage) throw new Error(`the PNG codec calls ${name}`);
      made({ data: new Uint8ClampedArray(exports.memory.buffer, at >>> 0, bytes).slice(), width, height });
      exports.__wbindgen_free(at, bytes, 1);
      return 0;
    };
    return [name, called] as const;
  });
  const { exports } = new WebAssembly.Instance(module, { wbg: Object.fromEntries(imports) }) as unknown as {
    exports: Exports;
  };
  return exports;
}

function put(codec: Exports, bytes: Uint8Array | Uint8ClampedArray): number {
  const at = codec.__wbindgen_malloc(bytes.length, 1) >>> 0;
  new Uint8Array(codec.memory.buffer).set(bytes, at);
  return at;
}

/** @throws Error for what is no PNG. */
export function decodePng(bytes: Uint8Array): Pixels | undefined {
  let image: Pixels | undefined;
  const codec = instance((made) => {
    image = made;
  });
  codec.decode(put(codec, bytes), bytes.length);
  return image;
}

export function encodePng({ data, width, height }: Pixels): Uint8Array<ArrayBuffer> {
  const codec = instance(() => {});
  const to = codec.__wbindgen_add_to_stack_pointer(-16);
  codec.encode(to, put(codec, data), data.length, width, height, BITS);
  const [at = 0, length = 0] = new Uint32Array(codec.memory.buffer, to, 2);
  return new Uint8Array(codec.memory.buffer, at, length).slice();
}
