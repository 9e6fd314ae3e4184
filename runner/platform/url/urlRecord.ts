/** Default ports of the special schemes; a file has none. */
const SPECIAL: Readonly<Record<string, string>> = Object.freeze({
  __proto__: null,
  "http:": "80",
  "https:": "443",
  "ws:": "80",
  "wss:": "443",
  "ftp:": "21",
  "file:": "",
}) as never;

/** A URL's parts, each as the URL's own text has it. */
export interface UrlRecord {
  /** With its colon. */
  scheme: string;
  username: string;
  password: string;
  /** As it is serialised; null where there is none. */
  host: string | null;
  /** Empty where there is none, or it is the scheme's own. */
  port: string;
  /** Segments, each with a slash before it; or opaque, as it is. */
  path: string;
  isOpaque: boolean;
  /** Without its question mark; null where there is none. */
  query: string | null;
  fragment: string | null;
}

export function isSpecial(scheme: string): boolean {
  return SPECIAL[scheme] !== undefined;
}

export function defaultPort(scheme: string): string | undefined {
  return SPECIAL[scheme];
}

export function newRecord(scheme: string): UrlRecord {
  return {
    scheme,
    username: "",
    password: "",
    host: null,
    port: "",
    path: "",
    isOpaque: false,
    query: null,
    fragment: null,
  };
}

export function serialise(url: UrlRecord): string {
  const { scheme, host, path, query, fragment } = url;
  let text = scheme;
  if (host !== null) text += `//${credentials(url)}${hostAndPort(url)}`;
  // Else the path would be read as a host.
  else if (!url.isOpaque && path.startsWith("//")) text += "/.";
  text += path;
  if (query !== null) text += `?${query}`;
  if (fragment !== null) text += `#${fragment}`;
  return text;
}

export function hostAndPort({ host, port }: UrlRecord): string {
  return port === "" ? (host ?? "") : `${host}:${port}`;
}

export function hasCredentials({ username, password }: UrlRecord): boolean {
  return username !== "" || password !== "";
}

function credentials(url: UrlRecord): string {
  if (!hasCredentials(url)) return "";
  return url.password === "" ? `${url.username}@` : `${url.username}:${url.password}@`;
}
