import type { EdgeFunction } from "@edge-fleet/runner/contract";

/**
 * Tells a page what fits the client's country: language, currency, a price and whether consent to cookies has to be asked. The cache
 * keeps one answer for each country.
 */

interface Locale {
  readonly language: string;
  readonly currency: string;
}

const ELSEWHERE: Locale = { language: "en", currency: "USD" };
const LOCALES: Readonly<Record<string, Locale>> = {
  AT: { language: "de-AT", currency: "EUR" },
  AU: { language: "en-AU", currency: "AUD" },
  BR: { language: "pt-BR", currency: "BRL" },
  CA: { language: "en-CA", currency: "CAD" },
  CH: { language: "de-CH", currency: "CHF" },
  DE: { language: "de-DE", currency: "EUR" },
  ES: { language: "es-ES", currency: "EUR" },
  FR: { language: "fr-FR", currency: "EUR" },
  GB: { language: "en-GB", currency: "GBP" },
  IN: { language: "en-IN", currency: "INR" },
  IT: { language: "it-IT", currency: "EUR" },
  JP: { language: "ja-JP", currency: "JPY" },
  NL: { language: "nl-NL", currency: "EUR" },
  US: { language: "en-US", currency: "USD" },
};
/** Of one unit of the currency that prices are written in; an accountant's table belongs here. */
const RATES: Readonly<Record<string, number>> = {
  AUD: 1.5,
  BRL: 5.5,
  CAD: 1.4,
  CHF: 0.9,
  EUR: 0.92,
  GBP: 0.8,
  INR: 85,
  JPY: 150,
  USD: 1,
};
/** The European Economic Area, the United Kingdom, Switzerland and Brazil. */
const CONSENT = new Set(
  "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO GB CH BR".split(" "),
);
const PRICE_MAX = 1_000_000;

export default {
  fetch(request) {
    const { country } = request.edge;
    const text = new URL(request.url).searchParams.get("price") ?? "10";
    const price = Number(text);
    if (text.trim() === "" || !(price >= 0 && price <= PRICE_MAX)) {
      const error = `price is no number from 0 to ${PRICE_MAX}: write ?price=9.99`;
      return Response.json({ error }, { status: 400, headers: { "cache-control": "no-store" } });
    }
    const { language, currency } = Object.hasOwn(LOCALES, country) ? (LOCALES[country] as Locale) : ELSEWHERE;
    const local = price * (RATES[currency] as number);
    const body = {
      country,
      language,
      currency,
      price: new Intl.NumberFormat(language, { style: "currency", currency }).format(local),
      // Where the country is not known, the stricter law.
      asksConsent: country === "XX" || CONSENT.has(country),
    };
    const headers = {
      // The node sets the header from the client's address, so there are as many copies as countries and no more.
      vary: "x-edge-country",
      "cache-control": "public, max-age=60, s-maxage=3600",
      "content-language": language,
    };
    return Response.json(body, { headers });
  },
} satisfies EdgeFunction;
