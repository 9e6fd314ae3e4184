import { PREVIEW_SECRET } from "../release/previewToken.ts";
import { readSecret } from "../secretFiles.ts";

/** A changed secret is in force so much later at most. */
const KEPT_MS = 5_000;

/** The fleet's secret that signs tokens of previews, read when a request shows a token. */
export class PreviewSecret {
  readonly #folder: string;
  #value: Promise<string | null> | undefined;
  #readAtMs = 0;

  /** @param folder a file per secret */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Null where it cannot be used: no token holds then. */
  value(): Promise<string | null> {
    const nowMs = performance.now();
    if (this.#value === undefined || nowMs - this.#readAtMs > KEPT_MS) {
      this.#readAtMs = nowMs;
      this.#value = readSecret(this.#folder, PREVIEW_SECRET, { owner: "previews", what: "tokens of previews" }).catch(
        () => null,
      );
    }
    return this.#value;
  }
}
