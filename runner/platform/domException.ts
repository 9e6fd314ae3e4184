import { makeSerializable } from "./clone/platformObjects.ts";
import { construct, defineProperty, getOwnPropertyDescriptor } from "./primordials.ts";
import { defineConstants, defineInterface } from "./webidl.ts";

/** Legacy codes by name, and the names of their constants in the order of the codes: Web IDL's table. */
const CODES: readonly (readonly [name: string, constant: string] | undefined)[] = [
  ["IndexSizeError", "INDEX_SIZE_ERR"],
  ["", "DOMSTRING_SIZE_ERR"],
  ["HierarchyRequestError", "HIERARCHY_REQUEST_ERR"],
  ["WrongDocumentError", "WRONG_DOCUMENT_ERR"],
  ["InvalidCharacterError", "INVALID_CHARACTER_ERR"],
  ["", "NO_DATA_ALLOWED_ERR"],
  ["NoModificationAllowedError", "NO_MODIFICATION_ALLOWED_ERR"],
  ["NotFoundError", "NOT_FOUND_ERR"],
  ["NotSupportedError", "NOT_SUPPORTED_ERR"],
  ["InUseAttributeError", "INUSE_ATTRIBUTE_ERR"],
  ["InvalidStateError", "INVALID_STATE_ERR"],
  ["SyntaxError", "SYNTAX_ERR"],
  ["InvalidModificationError", "INVALID_MODIFICATION_ERR"],
  ["NamespaceError", "NAMESPACE_ERR"],
  ["InvalidAccessError", "INVALID_ACCESS_ERR"],
  ["", "VALIDATION_ERR"],
  ["TypeMismatchError", "TYPE_MISMATCH_ERR"],
  ["SecurityError", "SECURITY_ERR"],
  ["NetworkError", "NETWORK_ERR"],
  ["AbortError", "ABORT_ERR"],
  ["URLMismatchError", "URL_MISMATCH_ERR"],
  ["QuotaExceededError", "QUOTA_EXCEEDED_ERR"],
  ["TimeoutError", "TIMEOUT_ERR"],
  ["InvalidNodeTypeError", "INVALID_NODE_TYPE_ERR"],
  ["DataCloneError", "DATA_CLONE_ERR"],
];

const codeOf: Record<string, number> = Object.create(null);
const constants: Record<string, number> = {};
for (const [index, [name, constant] = ["", ""]] of CODES.entries()) {
  if (name !== "") codeOf[name] = index + 1;
  constants[constant] = index + 1;
}

/** Its constructor gives back the error, so that the fields of a class below are the error's own. */
const Given = function Given(error: object) {
  return error;
} as unknown as new (
  error: object,
) => object;

/** What an exception knows, in fields that only this class can reach. */
class Facts extends Given {
  readonly #name: string;
  readonly #message: string;

  constructor(error: object, name: string, message: string) {
    super(error);
    this.#name = name;
    this.#message = message;
  }
  static nameOf(error: object): string {
    return (error as Facts).#name;
  }
  static messageOf(error: object): string {
    return (error as Facts).#message;
  }
  static has(value: unknown): boolean {
    return typeof value === "object" && value !== null && #name in value;
  }
}

const NativeError = Error;

/** An error with an error's own inner state, which a class that is no subclass of Error cannot make. */
function DOMExceptionConstructor(message: unknown = "", name: unknown = "Error"): object {
  if (new.target === undefined) throw new TypeError("DOMException must be called with new");
  const text = `${message}`;
  const error = construct(NativeError, [text], new.target) as Error;
  new Facts(error, `${name}`, text);
  // V8 puts the stack together when it is first asked for, with a message of the error's own, which there is none of afterwards.
  error.stack;
  Reflect.deleteProperty(error, "message");
  return error;
}

const members = {
  get name(): string {
    return Facts.nameOf(this);
  },
  get message(): string {
    return Facts.messageOf(this);
  },
  get code(): number {
    return codeOf[Facts.nameOf(this)] ?? 0;
  },
};

interface DOMExceptionClass {
  new (message?: unknown, name?: unknown): DOMException;
  readonly prototype: DOMException;
}

/** Web IDL's DOMException. */
export interface DOMException extends Error {
  readonly code: number;
}
export const DOMException = DOMExceptionConstructor as unknown as DOMExceptionClass;

const prototype = Object.create(NativeError.prototype) as DOMException;
for (const key of ["name", "message", "code"] as const) {
  defineProperty(prototype, key, getOwnPropertyDescriptor(members, key) as PropertyDescriptor);
}
defineProperty(prototype, "constructor", { value: DOMException, writable: true, configurable: true });
defineProperty(DOMException, "prototype", { value: prototype, writable: false });
defineInterface(DOMException, "DOMException");
defineConstants(DOMException, constants);

/** Whether it is a DOMException, whatever its prototype. */
function isDomException(value: unknown): value is DOMException {
  return Facts.has(value);
}

makeSerializable({
  is: isDomException,
  copy(value) {
    const [message, name, stack] = [Facts.messageOf(value), Facts.nameOf(value), (value as DOMException).stack];
    return () => {
      const clone = new DOMException(message, name);
      if (typeof stack === "string")
        defineProperty(clone, "stack", { value: stack, writable: true, configurable: true });
      return clone;
    };
  },
});
