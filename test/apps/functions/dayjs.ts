import type { EdgeFunction } from "@edge-fleet/runner/contract";
import dayjs from "dayjs";
import "dayjs/locale/fr.js";
import duration from "dayjs/plugin/duration.js";
import isoWeek from "dayjs/plugin/isoWeek.js";
import relativeTime from "dayjs/plugin/relativeTime.js";
import timezone from "dayjs/plugin/timezone.js";
import utc from "dayjs/plugin/utc.js";

/** Zones, calendars and languages; the zones come from the engine's Intl. */
for (const plugin of [utc, timezone, duration, relativeTime, isoWeek]) dayjs.extend(plugin);

export default {
  fetch(request) {
    const at = new URL(request.url).searchParams.get("at") ?? undefined;
    const time = dayjs.utc(at).tz("Europe/Berlin");
    return Response.json({
      berlin: time.format(),
      tokyo: time.tz("Asia/Tokyo").format("YYYY-MM-DD HH:mm Z"),
      french: time.locale("fr").format("dddd D MMMM YYYY"),
      overTheChange: dayjs.tz("2026-03-28T12:00", "Europe/Berlin").add(1, "day").format(),
      week: time.isoWeek(),
      relative: time.add(3, "day").from(time),
      duration: dayjs.duration({ hours: 30, minutes: 5 }).humanize(),
      days: time.add(1, "month").diff(time, "day"),
      invalid: dayjs("no date").isValid(),
      now: dayjs().isAfter("2020-01-01"),
    });
  },
} satisfies EdgeFunction;
