import type { BindingFailure } from "../../bindings/faults.ts";
import type { Operation } from "./engine.ts";

export type StoreKind = "postgres" | "redis";

/** Told to the thread. */
export type ToStores =
  | {
      readonly type: "run";
      readonly id: number;
      readonly kind: StoreKind;
      readonly operation: Omit<Operation, "body" | "bodyBytes" | "hold" | "signal">;
      readonly body: Uint8Array;
    }
  | { readonly type: "abort"; readonly id: number };

/** Told by the thread. An operation that stays open ends with `closed`. */
export type FromStores =
  | {
      readonly type: "done";
      readonly id: number;
      readonly result: unknown;
      readonly isOpen: boolean;
      readonly body?: Uint8Array;
    }
  | { readonly type: "failed"; readonly id: number; readonly failure: BindingFailure | undefined }
  | { readonly type: "closed"; readonly id: number };
