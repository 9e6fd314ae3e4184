import assert from "node:assert/strict";
import { test } from "node:test";
import warmUp from "./warm-up.ts";

const EVENT = { type: "scheduled", cron: "* * * * *", scheduledTime: 0, scope: "node", fencing: 1 } as const;

for (const [what, URLS, says] of [
  ["no pages", " \n", /no pages: set .*env\.URLS/],
  ["what is no URL", "https://a.example /b file:///etc/passwd", /no http: or https: URL: \/b, file:/],
  ["too many", Array.from({ length: 41 }, (_, n) => `https://a.example/${n}`).join(" "), /41 pages, the most is 40/],
] as const) {
  test(`refuses ${what}`, () => assert.rejects(warmUp.scheduled(EVENT, { URLS }), says));
}

test("a page that is named often is fetched once", async () => {
  const URLS = "http://127.0.0.1:1/ http://127.0.0.1:1/";
  await assert.rejects(warmUp.scheduled(EVENT, { URLS }), /none of 1 pages/);
});
