import type { BindingFaultCode } from "../../bindings/faults.ts";
import { BindingFault } from "../bindings/engine.ts";
import { type RedisError, TOO_LARGE } from "./reply.ts";
import type { RedisRules } from "./rules.ts";

/** By the answer's first word, which is all that is told: the others may name users and addresses. What is not here is the command's own fault. */
const FAULTS: Readonly<Record<string, BindingFaultCode>> = {
  NOAUTH: "ERR_BINDING_UNAVAILABLE",
  WRONGPASS: "ERR_BINDING_UNAVAILABLE",
  NOPERM: "ERR_BINDING_REFUSED",
  OOM: "ERR_BINDING_FULL",
  MISCONF: "ERR_BINDING_UNAVAILABLE",
  READONLY: "ERR_BINDING_UNAVAILABLE",
  LOADING: "ERR_BINDING_UNAVAILABLE",
  BUSY: "ERR_BINDING_UNAVAILABLE",
  MASTERDOWN: "ERR_BINDING_UNAVAILABLE",
  MOVED: "ERR_BINDING_UNAVAILABLE",
  ASK: "ERR_BINDING_UNAVAILABLE",
};

/** What is wrong with a command, as its function is told. */
export function replyFault(reply: RedisError, { replyBytes }: Pick<RedisRules, "replyBytes">): BindingFault {
  if (reply === TOO_LARGE) {
    const message = `the answers are larger than ${replyBytes} bytes: ask for a part at a time`;
    return new BindingFault("ERR_BINDING_TOO_LARGE", message);
  }
  const { code, message } = reply;
  const fault = FAULTS[code];
  if (fault === undefined) return new BindingFault("ERR_BINDING_FAILED", message, { storeCode: code });
  return new BindingFault(fault, `the server does not do it (${code})`, { storeCode: code });
}
