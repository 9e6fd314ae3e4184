import { ENCODE, percentEncode } from "../url/percentEncoding.ts";
import { parseHost } from "../url/urlHost.ts";
import { endOf, parsePort, parseUrl, portColon, withoutBreaks } from "../url/urlParser.ts";
import { isSpecial, newRecord } from "../url/urlRecord.ts";
import { SET } from "../url/urlSetters.ts";

/** The URL Pattern Standard's canonicalization of each component: the form that the URL parser gives it. All throw TypeError. */
export const CANONICAL = {
  protocol(value: string): string {
    if (value === "") return value;
    const record = parseUrl(`${value}://dummy.invalid/`);
    if (record === undefined) throw invalid("protocol", value);
    return record.scheme.slice(0, -1);
  },

  userinfo(value: string): string {
    return percentEncode(value, ENCODE.userinfo);
  },

  hostname(value: string): string {
    if (value === "") return value;
    const text = withoutBreaks(value);
    const name = text.slice(0, endOf(text, "/\\?#"));
    const host = name === "" || portColon(name) < name.length ? undefined : parseHost(name, false);
    if (host === undefined) throw invalid("hostname", value);
    return host;
  },

  ipv6Hostname(value: string): string {
    if (!/^[0-9a-fA-F[\]:]*$/.test(value)) throw invalid("hostname", value);
    return value.toLowerCase();
  },

  port(value: string, protocol = ""): string {
    if (value === "") return value;
    const digits = /^[0-9]+/.exec(withoutBreaks(value))?.[0];
    const port = digits === undefined ? undefined : parsePort(`${protocol}:`, digits);
    if (port === undefined) throw invalid("port", value);
    return port;
  },

  pathname(value: string): string {
    if (value === "") return value;
    const record = newRecord("https:");
    // Else dots at the start would be taken for a whole segment.
    const isRooted = value.startsWith("/");
    SET.pathname(record, isRooted ? value : `/-${value}`);
    return isRooted ? record.path : record.path.slice(2);
  },

  opaquePathname(value: string): string {
    return percentEncode(withoutBreaks(value), ENCODE.c0);
  },

  search(value: string): string {
    return percentEncode(withoutBreaks(value), ENCODE.specialQuery);
  },

  hash(value: string): string {
    return percentEncode(withoutBreaks(value), ENCODE.fragment);
  },
};

export function isSpecialProtocol(protocol: string): boolean {
  return isSpecial(`${protocol}:`);
}

function invalid(component: string, value: string): TypeError {
  return new TypeError(`${JSON.stringify(value.slice(0, 100))} is no ${component} of a URL`);
}
