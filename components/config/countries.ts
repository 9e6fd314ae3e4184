import type { Continent, Country } from "./fleetConfig.ts";

/**
 * Every ISO 3166-1 alpha-2 code by continent, as GeoNames has it, and with it the MaxMind databases. `XK` (Kosovo) is not in
 * the standard but in every GeoIP database.
 */
const BY_CONTINENT: Readonly<Record<Continent, string>> = {
  AF: `AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE RW
       SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW`,
  AN: "AQ BV GS HM TF",
  AS: `AE AF AM AZ BD BH BN BT CC CN CX GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK PS
       QA SA SG SY TH TJ TM TR TW UZ VN YE`,
  EU: `AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO
       PL PT RO RS RU SE SI SJ SK SM UA VA XK`,
  NA: `AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR SV SX TC TT US VC VG
       VI`,
  OC: "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO TV UM VU WF WS",
  SA: "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
};

export const CONTINENTS = Object.keys(BY_CONTINENT) as readonly Continent[];

/** Continent of every country. */
export const COUNTRIES: ReadonlyMap<Country, Continent> = new Map(
  CONTINENTS.flatMap((continent) =>
    BY_CONTINENT[continent].split(/\s+/).map((country) => [country, continent] as const),
  ),
);

/**
 * Countries that some source places on another continent than `COUNTRIES` does. A `Geography` names their region one by one,
 * so that gdnsd, Route 53 and HAProxy agree whatever their own data says.
 */
export const PINNED_COUNTRIES: ReadonlyMap<Country, Continent> = new Map([
  ["AM", "EU"], // Armenia: between continents, in the Council of Europe
  ["AZ", "EU"], // Azerbaijan: likewise
  ["BV", "EU"], // Bouvet Island: Norwegian
  ["CC", "OC"], // Cocos Islands: Australian, nearer Indonesia
  ["CX", "OC"], // Christmas Island: likewise
  ["CY", "AS"], // Cyprus: AS in libGeoIP and the UN's M49
  ["EG", "AS"], // Egypt: Sinai
  ["GE", "EU"], // Georgia: like Armenia
  ["GS", "SA"], // South Georgia: SA in M49
  ["HM", "OC"], // Heard Island: OC in M49
  ["IO", "AF"], // Indian Ocean Territory: AF in M49
  ["KZ", "EU"], // Kazakhstan: partly west of the Ural
  ["RU", "AS"], // Russia: AS in the countries-list data
  ["TF", "AF"], // French Southern Territories: AF in M49
  ["TL", "AS"], // Timor-Leste: AS in libGeoIP and M49
  ["TR", "EU"], // Turkey: EU in libGeoIP
  ["UM", "NA"], // US Outlying Islands: NA where they follow the US
]);

/** Codes that people write although the standard has another. */
export const COUNTRY_ALIASES: ReadonlyMap<string, Country> = new Map([
  ["UK", "GB"],
  ["EL", "GR"],
]);
