import { isBlob } from "../file/blob.ts";
import { type File, fileOf, isFile } from "../file/file.ts";
import { definePairIterable, type PairMethods } from "../pairIterable.ts";
import { defineInterface, isObject, needArguments, toUsvString } from "../webidl.ts";

export type FormValue = string | File;
export type FormEntry = readonly [name: string, value: FormValue];

let isOne: (value: unknown) => value is FormData;
let entriesOf: (form: FormData) => FormEntry[];

/** XHR's `FormData`, without documents: no form element, no submitter. */
export class FormData {
  #entries: FormEntry[] = [];
  declare readonly entries: PairMethods<FormValue>["entries"];
  declare readonly keys: PairMethods<FormValue>["keys"];
  declare readonly values: PairMethods<FormValue>["values"];
  declare readonly forEach: PairMethods<FormValue>["forEach"];
  declare readonly [Symbol.iterator]: PairMethods<FormValue>["entries"];

  static {
    isOne = (value): value is FormData => isObject(value) && #entries in value;
    entriesOf = (form) => form.#entries;
    definePairIterable(FormData, "FormData", (owner) => (owner as FormData).#entries);
  }

  constructor(form: unknown = undefined) {
    if (form !== undefined) throw new TypeError("There are no form elements here: FormData takes no argument");
  }

  append(name: unknown, value: unknown, fileName: unknown = undefined): void {
    const entries = this.#entries;
    needArguments(arguments.length, 2, "FormData.append");
    entries[entries.length] = entryOf(name, value, fileName, arguments.length > 2);
  }
  delete(name: unknown): void {
    const entries = this.#entries;
    needArguments(arguments.length, 1, "FormData.delete");
    removeNamed(entries, toUsvString(name), 0);
  }
  get(name: unknown): FormValue | null {
    const entries = this.#entries;
    needArguments(arguments.length, 1, "FormData.get");
    return entries[indexOf(entries, toUsvString(name))]?.[1] ?? null;
  }
  getAll(name: unknown): FormValue[] {
    const entries = this.#entries;
    needArguments(arguments.length, 1, "FormData.getAll");
    const text = toUsvString(name);
    const values: FormValue[] = [];
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index] as FormEntry;
      if (entry[0] === text) values[values.length] = entry[1];
    }
    return values;
  }
  has(name: unknown): boolean {
    const entries = this.#entries;
    needArguments(arguments.length, 1, "FormData.has");
    return indexOf(entries, toUsvString(name)) >= 0;
  }
  set(name: unknown, value: unknown, fileName: unknown = undefined): void {
    const entries = this.#entries;
    needArguments(arguments.length, 2, "FormData.set");
    const entry = entryOf(name, value, fileName, arguments.length > 2);
    const index = indexOf(entries, entry[0]);
    if (index < 0) {
      entries[entries.length] = entry;
    } else {
      entries[index] = entry;
      removeNamed(entries, entry[0], index + 1);
    }
  }
}
defineInterface(FormData, "FormData");

function entryOf(name: unknown, value: unknown, fileName: unknown, isNamed: boolean): FormEntry {
  const text = toUsvString(name);
  if (!isBlob(value)) {
    if (isNamed) throw new TypeError("Only a Blob or a File can have a file name");
    return [text, toUsvString(value)];
  }
  if (isNamed) return [text, fileOf(value, toUsvString(fileName))];
  return [text, isFile(value) ? value : fileOf(value, "blob")];
}

function indexOf(entries: readonly FormEntry[], name: string): number {
  for (let index = 0; index < entries.length; index++) if ((entries[index] as FormEntry)[0] === name) return index;
  return -1;
}

function removeNamed(entries: FormEntry[], name: string, from: number): void {
  let kept = from;
  for (let index = from; index < entries.length; index++) {
    const entry = entries[index] as FormEntry;
    if (entry[0] !== name) entries[kept++] = entry;
  }
  entries.length = kept;
}

export const isFormData = isOne;
/** The entries themselves. */
export const formEntries = entriesOf;

export function newFormData(entries: readonly FormEntry[]): FormData {
  const form = new FormData();
  const list = entriesOf(form);
  for (let index = 0; index < entries.length; index++) list[index] = entries[index] as FormEntry;
  return form;
}
