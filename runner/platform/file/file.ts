import { wallNow } from "../clock.ts";
import { makeSerializable } from "../clone/platformObjects.ts";
import { defineInterface, isObject, needArguments, toDictionary, toUsvString } from "../webidl.ts";
import { Blob, blobBytes, fillBlob } from "./blob.ts";

let isOne: (value: unknown) => value is File;

/** A Blob with a name. */
export class File extends Blob {
  readonly #name: string;
  readonly #lastModified: number;

  static {
    isOne = (value): value is File => isObject(value) && #name in value;
  }

  constructor(parts: unknown, fileName: unknown, options: unknown = undefined) {
    needArguments(arguments.length, 2, "File");
    // A Blob may do without parts, a File must have them.
    super(parts === undefined ? null : parts, options);
    this.#name = toUsvString(fileName);
    const { lastModified } = toDictionary(options, "The options of a File");
    this.#lastModified = lastModified === undefined ? wallNow() : toLongLong(lastModified);
  }

  get name(): string {
    return this.#name;
  }
  get lastModified(): number {
    return this.#lastModified;
  }
}
defineInterface(File, "File");

/** Web IDL's `long long`. */
function toLongLong(value: unknown): number {
  const number = Math.trunc(Number(value));
  return Number.isFinite(number) ? Number(BigInt.asIntN(64, BigInt(number))) : 0;
}

export const isFile = isOne;

makeSerializable({
  is: isOne,
  copy: (file) => () => fileOf(file as File, (file as File).name),
});

/** A File with the bytes of a Blob. */
export function fileOf(blob: Blob, name: string): File {
  const file = isOne(blob) ? new File([], name, { lastModified: blob.lastModified }) : new File([], name);
  fillBlob(file, blobBytes(blob), blob.type);
  return file;
}
