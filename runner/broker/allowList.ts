interface Entry {
  /** `api.example.com`, or `.example.com` for `*.example.com`. */
  readonly name: string;
  readonly port: number | undefined;
}

const ENTRY = /^(\*\.)?(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/;

/**
 * What a function may reach: each entry is `host` or `*.host`, either with `:port` behind it. Without a port all ports count; a
 * wildcard covers the names under its domain, not the domain.
 */
export class AllowList {
  readonly #entries: readonly Entry[] | null;

  /** @param entries null allows every host; what is not readable as an entry allows none. */
  constructor(entries: readonly string[] | null) {
    this.#entries = entries === null ? null : entries.flatMap(parse);
  }

  /** @param host lower case, without brackets or a dot at its end. */
  covers(host: string, port: number): boolean {
    return (
      this.#entries === null ||
      this.#entries.some((entry) => (entry.port === undefined || entry.port === port) && matches(entry.name, host))
    );
  }
}

function parse(text: string): Entry[] {
  const [, wildcard, host = "", port] = ENTRY.exec(text.toLowerCase()) ?? [];
  const bare = host.replace(/^\[|\]$|\.$/g, "");
  if (bare === "") return [];
  const name = wildcard === undefined ? bare : `.${bare}`;
  return [{ name, port: port === undefined ? undefined : Number(port) }];
}

function matches(name: string, host: string): boolean {
  return name.startsWith(".") ? host.endsWith(name) && host.length > name.length : host === name;
}
