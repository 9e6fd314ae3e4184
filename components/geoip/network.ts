/** A network of a GeoIP database and where it is. */
export interface GeoNetwork {
  /** `198.51.100.0/24`, `2001:db8:1::/48`. */
  readonly cidr: string;
  /** ISO 3166-1 alpha-2 code; `XX` when only the continent is known. */
  readonly country: string;
  /** Continent code; null when the database has none. */
  readonly continent: string | null;
}
