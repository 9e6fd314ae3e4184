import assert from "node:assert/strict";
import { test } from "node:test";
import { ERRORS, type ErrorCode, errorBody, limitFailure } from "./errors.ts";
import { type AnsweringLimit, DEFAULT_LIMITS, LIMIT_NAMES, LIMITS } from "./limits.ts";

test("every default is within its floor and its ceiling, and every name ends with its unit or counts things", () => {
  for (const name of LIMIT_NAMES) {
    const { floor, ceiling } = LIMITS[name];
    assert.equal(DEFAULT_LIMITS[name], LIMITS[name].default);
    assert.ok(floor <= DEFAULT_LIMITS[name] && DEFAULT_LIMITS[name] <= ceiling, name);
    assert.match(name, /(Ms|Mb|Bytes)$|^(concurrency|subRequests|functionCalls|bindingCalls|timers|hostWork)$/);
  }
});

test("every limit that answers has a code of its own name, with the table's status, and tells value and use", () => {
  const answering = LIMIT_NAMES.filter((name) => LIMITS[name].status !== null) as AnsweringLimit[];
  for (const name of answering) {
    const failure = limitFailure(name, DEFAULT_LIMITS, DEFAULT_LIMITS[name] + 1.2);
    const code = `ERR_LIMIT_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    assert.equal(failure.code, code);
    assert.equal(ERRORS[failure.code as ErrorCode].status, LIMITS[name].status);
    const { error } = JSON.parse(errorBody(failure, { requestId: "test" }));
    assert.deepEqual([error.limit, error.value, error.used], [name, DEFAULT_LIMITS[name], DEFAULT_LIMITS[name] + 1]);
    assert.ok(error.message.includes(`${name}: ${error.used} of ${error.value}`), error.message);
  }
  assert.deepEqual(
    LIMIT_NAMES.filter((name) => LIMITS[name].status === null),
    ["logBytes", "assetBytes", "bundleBytes"],
  );
});
