import assert from "node:assert/strict";
import { it } from "node:test";
import { traceparentOf, withTrace } from "./traceHeaders.ts";

const REQUEST = [
  ["accept", "*/*"],
  ["traceparent", "00-a-b-01"],
  ["tracestate", "x=1"],
] as const;

it("hands a request's trace to its sub-requests", () => {
  assert.deepEqual(withTrace([["accept", "a"]], REQUEST), [
    ["accept", "a"],
    ["traceparent", "00-a-b-01"],
    ["tracestate", "x=1"],
  ]);
});

it("leaves a trace alone that the function gives", () => {
  const own = [["traceparent", "00-c-d-00"]] as const;
  assert.equal(withTrace(own, REQUEST), own);
});

it("does not mix a state that the function gives with another trace", () => {
  assert.deepEqual(withTrace([["tracestate", "y=2"]], REQUEST), [
    ["traceparent", "00-a-b-01"],
    ["tracestate", "x=1"],
  ]);
});

it("finds a request's traceparent", () => {
  assert.equal(traceparentOf(REQUEST), "00-a-b-01");
  assert.equal(traceparentOf([]), "");
});
