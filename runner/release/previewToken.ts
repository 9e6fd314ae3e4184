import { createHmac, timingSafeEqual } from "node:crypto";
import { type PreviewAddress, previewLabel, readPreviewLabel } from "./previewAddress.ts";

/** The header that leads a request to one version on any host; clients send it, so its token is what counts. */
export const PREVIEW_HEADER = "x-edge-preview";
/** Name of the nodes' secret that signs tokens. */
export const PREVIEW_SECRET = "release-preview";

const TOKEN = /^(v[1-9]\d{0,8}--[a-z][a-z0-9-]{0,62})\.([1-9]\d{9,10})\.([\w-]{43})$/;

/**
 * A token for {@link PREVIEW_HEADER}: `v7--hello.<Unix time of its end, seconds>.<HMAC-SHA256, base64url>`.
 *
 * @param secret value of the fleet's secret `release-preview`.
 */
export function previewToken(address: PreviewAddress & { readonly endsAt: Date }, secret: string): string {
  const claim = `${previewLabel(address)}.${Math.floor(address.endsAt.getTime() / 1_000)}`;
  return `${claim}.${signatureOf(claim, secret).toString("base64url")}`;
}

/**
 * Which version a token opens; null for one that does not hold, or not any more.
 *
 * @param secret null where there is none: no token holds.
 */
export function readPreviewToken(token: string, secret: string | null, nowMs: number): PreviewAddress | null {
  if (secret === null) return null;
  const [, label = "", endsAt = "", signature = ""] = TOKEN.exec(token) ?? [];
  const given = Buffer.from(signature, "base64url");
  const expected = signatureOf(`${label}.${endsAt}`, secret);
  const holds = given.length === expected.length && timingSafeEqual(given, expected);
  return holds && Number(endsAt) * 1_000 > nowMs ? readPreviewLabel(label) : null;
}

function signatureOf(claim: string, secret: string): Buffer {
  return createHmac("sha256", secret).update(`preview ${claim}`).digest();
}
