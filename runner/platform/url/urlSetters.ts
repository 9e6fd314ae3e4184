import { ENCODE, percentEncode } from "./percentEncoding.ts";
import { parseHost } from "./urlHost.ts";
import { encodeQuery, endOf, parsePort, portColon, withoutBreaks } from "./urlParser.ts";
import { addSegments } from "./urlPath.ts";
import { defaultPort, hasCredentials, isSpecial, type UrlRecord } from "./urlRecord.ts";

/** What the setters of the URL interface do: the basic URL parser with a state override. What cannot be set changes nothing. */
export const SET = {
  protocol(url: UrlRecord, value: string): void {
    const found = /^([a-zA-Z][a-zA-Z0-9+\-.]*)(?::|$)/.exec(withoutBreaks(value))?.[1];
    if (found === undefined) return;
    const scheme = `${found.toLowerCase()}:`;
    if (isSpecial(scheme) !== isSpecial(url.scheme)) return;
    if (scheme === "file:" && (hasCredentials(url) || url.port !== "")) return;
    if (url.scheme === "file:" && url.host === "") return;
    url.scheme = scheme;
    if (url.port === defaultPort(scheme)) url.port = "";
  },

  username(url: UrlRecord, value: string): void {
    if (takesCredentials(url)) url.username = percentEncode(value, ENCODE.userinfo);
  },

  password(url: UrlRecord, value: string): void {
    if (takesCredentials(url)) url.password = percentEncode(value, ENCODE.userinfo);
  },

  host(url: UrlRecord, value: string): void {
    if (url.isOpaque) return;
    const text = hostPart(url, value);
    const colon = portColon(text);
    const hasColon = colon < text.length;
    if (url.scheme === "file:") setFileHost(url, text);
    else if (setHost(url, text.slice(0, colon), hasColon) && hasColon) setPort(url, text.slice(colon + 1));
  },

  hostname(url: UrlRecord, value: string): void {
    if (url.isOpaque) return;
    const text = hostPart(url, value);
    if (url.scheme === "file:") setFileHost(url, text);
    else if (portColon(text) === text.length) setHost(url, text, false);
  },

  port(url: UrlRecord, value: string): void {
    if (!takesCredentials(url)) return;
    if (value === "") url.port = "";
    else setPort(url, withoutBreaks(value));
  },

  pathname(url: UrlRecord, value: string): void {
    if (url.isOpaque) return;
    const text = withoutBreaks(value);
    const special = isSpecial(url.scheme);
    url.path = "";
    if (text === "" && !special) {
      if (url.host === null) url.path = "/";
      return;
    }
    const isRooted = text[0] === "/" || (special && text[0] === "\\");
    addSegments(url, isRooted ? text.slice(1) : text);
  },

  search(url: UrlRecord, value: string): void {
    if (value === "") url.query = null;
    else url.query = encodeQuery(url, withoutBreaks(value[0] === "?" ? value.slice(1) : value));
  },

  hash(url: UrlRecord, value: string): void {
    if (value === "") url.fragment = null;
    else url.fragment = percentEncode(withoutBreaks(value[0] === "#" ? value.slice(1) : value), ENCODE.fragment);
  },
};

function takesCredentials({ host, scheme }: UrlRecord): boolean {
  return host !== null && host !== "" && scheme !== "file:";
}

function hostPart(url: UrlRecord, value: string): string {
  const text = withoutBreaks(value);
  return text.slice(0, endOf(text, isSpecial(url.scheme) ? "/\\?#" : "/?#"));
}

/** @returns whether the host was taken */
function setHost(url: UrlRecord, text: string, hasColon: boolean): boolean {
  if (text === "") {
    if (hasColon || isSpecial(url.scheme) || hasCredentials(url) || url.port !== "") return false;
  }
  const host = parseHost(text, !isSpecial(url.scheme));
  if (host === undefined) return false;
  url.host = host;
  return true;
}

function setFileHost(url: UrlRecord, text: string): void {
  const host = text === "" ? "" : parseHost(text, false);
  if (host !== undefined) url.host = host === "localhost" ? "" : host;
}

/** Takes the digits that the text begins with. */
function setPort(url: UrlRecord, text: string): void {
  const digits = /^[0-9]+/.exec(text)?.[0];
  const port = digits === undefined ? undefined : parsePort(url.scheme, digits);
  if (port !== undefined) url.port = port;
}
