import type { FetchedKind } from "../../secretReference.ts";

/** Why a secret could not be fetched: there is none, this node may not have it, nobody answered, or it is no value for a function. */
export const SECRET_FAULTS = ["missing", "denied", "away", "unfit"] as const;
export type SecretFault = (typeof SECRET_FAULTS)[number];

/** A value, or why there is none, with what to do. */
export type Fetched = { readonly value: string } | { readonly fault: SecretFault; readonly reason: string };

/** Where values of one kind of references come from. */
export interface SecretSource {
  readonly kind: FetchedKind;
  /** How often values are fetched anew, ms. */
  readonly everyMs: number;

  /** What each of the references comes to. Never rejected; ends within its calls' time. */
  fetch(references: readonly string[]): Promise<ReadonlyMap<string, Fetched>>;
}
