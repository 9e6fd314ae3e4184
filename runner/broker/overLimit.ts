import type { OverLimit as Told } from "../protocol/messages.ts";

/** A sub-request goes over a limit of the request that makes it. */
export class OverLimit extends Error {
  override readonly name = "OverLimit";
  readonly told: Told;

  constructor(told: Told, message: string) {
    super(message);
    this.told = told;
  }
}
