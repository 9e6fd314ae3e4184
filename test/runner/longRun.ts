/** Whether the long form was asked for: `npm run test:<suite> -- --full`. */
const LONG = process.env.EDGE_TEST_FULL === "1";

/** A figure of the short form, or that of the long one. */
export function shortOrLong<T>(short: T, long: T): T {
  return LONG ? long : short;
}
