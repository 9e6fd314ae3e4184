/** Of one request, ms: metadata is a hop away. */
const REQUEST_MS = 2_000;
const TOKEN_SECONDS = 300;

/** Instance metadata, version 2: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html. */
export class Metadata {
  readonly #url: string;

  /** @param url without a path. */
  constructor(url: string) {
    this.#url = url;
  }

  /** Text below `/latest/meta-data/`; null when there is none. @throws Error when metadata is away. */
  async get(path: string): Promise<string | null> {
    const token = await this.#ask("PUT", "/latest/api/token", {
      "x-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_SECONDS),
    });
    const headers = { "x-aws-ec2-metadata-token": token ?? "" };
    return this.#ask("GET", `/latest/meta-data/${path}`, headers);
  }

  async #ask(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<string | null> {
    const signal = AbortSignal.timeout(REQUEST_MS);
    const response = await fetch(`${this.#url}${path}`, { method, headers, signal });
    const text = await response.text();
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`instance metadata answers ${path} with ${response.status}`);
    return text;
  }
}
