interface FaultRule {
  /** HTTP status of the answer when the error escapes the function. */
  readonly status: number;
  /** What happened, for whoever reads the answer. */
  readonly gloss: string;
  /** What the function's author can do. */
  readonly remedy: string;
}

/** Why an operation of a binding failed; the closed list of `BindingError.code`. */
export const BINDING_FAULTS = {
  ERR_BINDING_INVALID: {
    status: 500,
    gloss: "The function asked a binding for something that it cannot do; its log says what.",
    remedy: "Correct the call.",
  },
  ERR_BINDING_TOO_LARGE: {
    status: 500,
    gloss: "What the function asked of a binding, or the result, is larger than it may be; its log says what.",
    remedy: "Ask for less at a time; docs/bindings.md has the limits.",
  },
  ERR_BINDING_FULL: {
    status: 507,
    gloss: "The store behind a binding of the function is full.",
    remedy: "Delete what is not needed, or give the node more room.",
  },
  ERR_BINDING_REFUSED: {
    status: 500,
    gloss: "The function asked a binding for something that it may not do; its log says what.",
    remedy: "Use what the binding allows; docs/bindings.md has it.",
  },
  ERR_BINDING_FAILED: {
    status: 500,
    gloss: "The store behind a binding of the function refused what it was asked; its log says why.",
    remedy: "Correct what the store is asked for.",
  },
  ERR_BINDING_OVERLOADED: {
    status: 503,
    gloss: "The function has as many operations of bindings waiting, or results of them untaken, as it may.",
    remedy: "Wait for some before beginning more.",
  },
  ERR_BINDING_UNAVAILABLE: {
    status: 503,
    gloss: "The store behind a binding of the function cannot be reached.",
    remedy: "Try again shortly; what was asked last may have been done.",
  },
  ERR_BINDING_TIMEOUT: {
    status: 504,
    gloss: "The store behind a binding of the function did not answer in time.",
    remedy: "Ask for less at a time; what was asked last may have been done.",
  },
} as const satisfies Record<string, FaultRule>;

export type BindingFaultCode = keyof typeof BINDING_FAULTS;

export const BINDING_FAULT_CODES = Object.keys(BINDING_FAULTS) as BindingFaultCode[];

/** What the broker says of an operation that failed. */
export interface BindingFailure {
  readonly code: BindingFaultCode;
  /** What was wrong, with the names and numbers that the function's author needs. */
  readonly message: string;
  /** The store's own code: `23505` of PostgreSQL, `SQLITE_CONSTRAINT`. */
  readonly storeCode?: string;
}
