import type { EncodingIndex } from "../../worker/hostPort.ts";
import { host, payerFor } from "../host.ts";
import { paidFor } from "../limitError.ts";
import { safeMap } from "../primordials.ts";

const WordsClass = Uint16Array;
const indexes = safeMap<EncodingIndex, Uint16Array>();

/** An index as the host gives it, once for each isolate. @throws LimitError, or Error when the request is over */
export function encodingIndex(name: EncodingIndex): Uint16Array {
  const known = indexes.get(name);
  if (known !== undefined) return known;
  const given = paidFor(host().encodingIndex(payerFor("The first use of a TextDecoder for this encoding"), name));
  if (typeof given === "string") throw new Error(`the index of ${name} cannot be had: ${given}`);
  const index = new WordsClass(given);
  indexes.set(name, index);
  return index;
}
