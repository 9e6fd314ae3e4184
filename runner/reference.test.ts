import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ERRORS, type ErrorCode, errorBody } from "./errors.ts";
import { LIMITS, type LimitName } from "./limits.ts";
import { REFERENCE } from "./reference.ts";

describe("the reference pages", () => {
  for (const [file, page] of Object.entries(REFERENCE)) {
    it(`are what the tables say: ${file.split("/").pop()}`, () => {
      assert.equal(readFileSync(file, "utf8"), page(), "run `npm run reference`");
    });
  }

  it("have the section that every error answer links to", () => {
    const failures = [
      ...Object.keys(ERRORS).map((code) => ({ code: code as ErrorCode })),
      ...Object.keys(LIMITS).map((limit) => ({ code: "ERR_LIMIT_CPU_MS" as const, limit: limit as LimitName })),
    ];
    for (const failure of failures) {
      const { docs } = JSON.parse(errorBody(failure, { requestId: "test" })).error as { docs: string };
      const [file = "", anchor] = docs.split("#");
      const text = readFileSync(`${import.meta.dirname}/../${file}`, "utf8");
      const anchors = [...text.matchAll(/^## (.*)$/gm)].map(([, title = ""]) => title.toLowerCase());
      assert.ok(anchors.includes(anchor as string), `${docs} leads nowhere`);
    }
  });
});
