import type { HeaderList, ResponseHead, SubRequestHead } from "../protocol/messages.ts";

/** Names and values of all headers of one message, characters; node:http takes 16 KB by default, we send up to twice that. */
const HEADER_CHARS_MAX = 32_768;

/** An isolate can send anything: what is not a response head is undefined. */
export function parseResponseHead(text: string): ResponseHead | undefined {
  const value = parseRecord(text);
  const { status } = value;
  const headers = headerList(value.headers);
  if (headers === undefined || !Number.isInteger(status) || (status as number) < 200 || (status as number) > 599)
    return undefined;
  return { status: status as number, headers };
}

/** As {@link parseResponseHead}, for what an isolate wants fetched. */
export function parseSubRequestHead(text: string): Omit<SubRequestHead, "hopsMax"> | undefined {
  const value = parseRecord(text);
  const { url, method, redirect } = value;
  const headers = headerList(value.headers);
  if (headers === undefined || typeof url !== "string" || url.length > 16_384 || typeof method !== "string")
    return undefined;
  if (redirect !== "follow" && redirect !== "manual" && redirect !== "error") return undefined;
  return { url, method, headers, redirect };
}

function parseRecord(text: unknown): Record<string, unknown> {
  if (typeof text !== "string") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function headerList(value: unknown): HeaderList | undefined {
  if (!Array.isArray(value)) return undefined;
  let size = 0;
  for (const pair of value) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string" || typeof pair[1] !== "string")
      return undefined;
    size += pair[0].length + pair[1].length;
  }
  return size > HEADER_CHARS_MAX ? undefined : value;
}
