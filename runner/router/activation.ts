import type { FunctionStatus } from "../release/types.ts";
import { RouteError } from "../routes/routeError.ts";
import { SecretError } from "../secretFiles.ts";
import type { Versions } from "./versions.ts";

/** A release, as its pointer names it. */
export interface Wanted {
  readonly release: number;
  readonly generation: number;
}

/** How a release is taken in. */
export interface Taking {
  /** `boot`: it was tried when it came, so it is not tried again. `secrets`: it is served, and some values have changed. */
  readonly why: "release" | "boot" | "secrets";
  /** Functions that keep the secrets that they have. */
  readonly stay: ReadonlySet<string>;
}

export const NEWLY: Taking = { why: "release", stay: new Set() };

export interface Activation {
  /** `unavailable`: there was no worker to try it in; the same release may be given again. */
  readonly status: "active" | "refused" | "unavailable";
  readonly reason?: string;
  readonly functions: Readonly<Record<string, FunctionStatus>>;
}

/** `{"release", "generation"}`, or undefined when the value is something else. */
export function parseActivation(value: unknown): Wanted | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { release, generation } = value as Record<string, unknown>;
  const good = [release, generation].every((number) => Number.isSafeInteger(number) && (number as number) > 0);
  return good ? { release: release as number, generation: generation as number } : undefined;
}

/** @throws Error when more functions ask for a worker of their own than the node has. */
export function requirePrivateWorkers({ deployments, splits }: Versions, available: number): void {
  const serving = [...deployments.values(), ...[...splits.values()].map(({ candidate }) => candidate)];
  const names = serving.filter(({ manifest }) => manifest.isolation === "private").map(({ manifest }) => manifest.name);
  if (names.length <= available) return;
  throw new Error(
    `isolation: ${names.length} functions ask for a worker of their own (${names.join(", ")}), the node has privateWorkers: ` +
      `${available}; give it more, or let some of them share`,
  );
}

/** The function at fault, where one is. */
export function ownerOf(error: Error): string | undefined {
  if (error instanceof SecretError) return error.owner;
  const fault = error instanceof RouteError ? error : error.cause;
  return fault instanceof RouteError ? fault.owner : undefined;
}
