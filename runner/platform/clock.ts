import { apply, construct, defineProperty } from "./primordials.ts";

/** Resolution of `performance.now()`, ms. */
const RESOLUTION_MS = 0.1;

let wallMs = 0;
let monotonicMs = 0;
let originMs = 0;
let timeOrigin = 0;
let entries = 0;

/** The host says what time it is with each entry; between two entries no time passes. */
export function setClock(hostWallMs: number, hostMonotonicMs: number): void {
  entries++;
  wallMs = hostWallMs;
  // Entries of a busy worker may come with times taken in another order.
  if (hostMonotonicMs > monotonicMs) monotonicMs = hostMonotonicMs;
}

/** The function is loaded now; the platform may be much older. */
export function startClock(hostWallMs: number, hostMonotonicMs: number): void {
  setClock(hostWallMs, hostMonotonicMs);
  timeOrigin = hostWallMs;
  originMs = hostMonotonicMs;
}

/** Milliseconds since 1970; goes back when the machine's clock is set back. */
export function wallNow(): number {
  return wallMs;
}

/** Of a clock that never goes back, ms. */
export function monotonicNow(): number {
  return monotonicMs;
}

/** Number of the entry that runs. */
export function entryNow(): number {
  return entries;
}

/** Milliseconds since the function was loaded; never goes back. */
export function performanceNow(): number {
  // Divided, not multiplied: a tenth of a millisecond has no exact binary form.
  return Math.floor((monotonicMs - originMs) / RESOLUTION_MS) / (1 / RESOLUTION_MS);
}

/** When the function was loaded, ms since 1970. */
export function timeOriginMs(): number {
  return timeOrigin;
}

/** Makes every clock of the language tell the time of the entry: a running clock measures what neighbours and caches do. */
export function freezeClocks(): void {
  freezeDate();
  freezeTemporal();
  freezeDateTimeFormat();
}

function freezeDate(): void {
  const RealDate = globalThis.Date;
  const { toString: dateText } = RealDate.prototype;
  function FrozenDate(...args: unknown[]): Date | string {
    if (new.target === undefined) return apply(dateText, new RealDate(wallMs), []) as string;
    return construct(RealDate, args.length === 0 ? [wallMs] : args, new.target) as Date;
  }
  const descriptors = {
    name: { value: "Date", configurable: true },
    length: { value: 7, configurable: true },
    prototype: { value: RealDate.prototype },
    now: { value: method("now", 0, () => wallMs), writable: true, configurable: true },
    parse: { value: RealDate.parse, writable: true, configurable: true },
    UTC: { value: RealDate.UTC, writable: true, configurable: true },
  };
  for (const [name, descriptor] of Object.entries(descriptors)) defineProperty(FrozenDate, name, descriptor);
  defineProperty(RealDate.prototype, "constructor", { value: FrozenDate, writable: true, configurable: true });
  defineProperty(globalThis, "Date", { value: FrozenDate, writable: true, configurable: true });
}

interface Zoned {
  toPlainDate(): unknown;
  toPlainTime(): unknown;
  toPlainDateTime(): unknown;
}

interface TemporalGlobal {
  readonly Now: Record<string, unknown> & { timeZoneId(): string };
  readonly Instant: {
    fromEpochMilliseconds(ms: number): object;
    readonly prototype: { toZonedDateTimeISO(zone: unknown): Zoned };
  };
  readonly ZonedDateTime: { readonly prototype: Zoned };
}

function freezeTemporal(): void {
  const { Temporal } = globalThis as { Temporal?: TemporalGlobal };
  if (Temporal === undefined) return;
  const { Now, Instant } = Temporal;
  const { timeZoneId } = Now;
  const { fromEpochMilliseconds } = Instant;
  const { toZonedDateTimeISO } = Instant.prototype;
  const { toPlainDate, toPlainTime, toPlainDateTime } = Temporal.ZonedDateTime.prototype;
  const instant = () => apply(fromEpochMilliseconds, Instant, [wallMs]);
  const zoned = (zone: unknown) => apply(toZonedDateTimeISO, instant(), [zone === undefined ? timeZoneId() : zone]);
  const methods: Record<string, (zone?: unknown) => unknown> = {
    instant,
    zonedDateTimeISO: zoned,
    plainDateISO: (zone) => apply(toPlainDate, zoned(zone), []),
    plainTimeISO: (zone) => apply(toPlainTime, zoned(zone), []),
    plainDateTimeISO: (zone) => apply(toPlainDateTime, zoned(zone), []),
  };
  for (const [name, run] of Object.entries(methods)) {
    defineProperty(Now, name, { value: method(name, 0, run), writable: true, configurable: true });
  }
}

function freezeDateTimeFormat(): void {
  const { prototype } = Intl.DateTimeFormat;
  const getFormat = Object.getOwnPropertyDescriptor(prototype, "format")?.get as () => (date: unknown) => string;
  const { formatToParts } = prototype;
  const formats = new WeakMap<object, (date: unknown) => string>();
  const { get: knownFormat, set: keepFormat } = WeakMap.prototype;
  const atNow = (date: unknown) => (date === undefined ? wallMs : date);
  defineProperty(prototype, "format", {
    configurable: true,
    get: function format(this: Intl.DateTimeFormat) {
      const bound = apply(getFormat, this, []);
      const known = apply(knownFormat, formats, [this]);
      if (known !== undefined) return known;
      const frozen = method("", 1, (date) => apply(bound, undefined, [atNow(date)]));
      apply(keepFormat, formats, [this, frozen]);
      return frozen;
    },
  });
  const { value } = Object.getOwnPropertyDescriptor(
    {
      formatToParts(this: Intl.DateTimeFormat, date: unknown) {
        return apply(formatToParts, this, [atNow(date) as Date]);
      },
    },
    "formatToParts",
  ) as PropertyDescriptor;
  defineProperty(prototype, "formatToParts", { value, writable: true, configurable: true });
}

/** A function that looks like a built-in one: its own name and length. */
function method<A extends unknown[], R>(name: string, length: number, run: (...args: A) => R): (...args: A) => R {
  defineProperty(run, "name", { value: name, configurable: true });
  defineProperty(run, "length", { value: length, configurable: true });
  return run;
}
