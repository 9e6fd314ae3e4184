import { utf8Text } from "../encoding.ts";
import { drain } from "../fetch/extractBody.ts";
import { jsonParse, jsonStringify } from "../primordials.ts";
import { bindingCall } from "./bindingCall.ts";

interface JsonRequest {
  readonly binding: string;
  readonly operation: string;
  readonly args?: object;
  readonly given: unknown;
}

/** An operation that takes JSON of any size, and gives some. @throws BindingError, or LimitError of `bindingCalls` */
export async function jsonCall({ binding, operation, args = {}, given }: JsonRequest): Promise<unknown> {
  const { body } = await bindingCall({ binding, operation, args, body: jsonStringify(given) });
  return jsonParse(utf8Text(await drain(body)));
}
