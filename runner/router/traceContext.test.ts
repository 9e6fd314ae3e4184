import assert from "node:assert/strict";
import { it } from "node:test";
import { parseTraceparent, traceHeaders, traceOf, validState } from "./traceContext.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

it("goes on with a caller's trace under a span of its own", () => {
  const trace = traceOf({ traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "rojo=1, congo=t61" });
  assert.equal(trace.traceId, TRACE);
  assert.match(trace.spanId, /^(?!0{16})[0-9a-f]{16}$/);
  assert.notEqual(trace.spanId, PARENT);
  assert.deepEqual(traceHeaders(trace), [
    ["traceparent", `00-${TRACE}-${trace.spanId}-01`],
    ["tracestate", "rojo=1,congo=t61"],
  ]);
});

it("starts a trace of its own, sampled, where there is none or a bad one, and drops that one's state", () => {
  for (const traceparent of [undefined, "", "nonsense"]) {
    const trace = traceOf({ ...(traceparent !== undefined && { traceparent }), tracestate: "rojo=1" });
    assert.match(trace.traceId, /^[0-9a-f]{32}$/);
    assert.deepEqual(traceHeaders(trace), [["traceparent", `00-${trace.traceId}-${trace.spanId}-01`]]);
  }
  assert.notEqual(traceOf({}).traceId, traceOf({}).traceId);
});

it("refuses what the recommendation calls invalid", () => {
  const bad = [
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE}-${PARENT}-1`,
    `00-${TRACE}-${PARENT}`,
    ` 00-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
    `0g-${TRACE}-${PARENT}-01`,
    `01-${TRACE}-${PARENT}-01more`,
    [`00-${TRACE}-${PARENT}-01`],
  ];
  for (const value of bad) assert.equal(parseTraceparent(value), undefined, `${value}`);
});

it("takes a later version by its first four fields, and of the flags the one it knows", () => {
  assert.deepEqual(parseTraceparent(`cc-${TRACE}-${PARENT}-01-what-comes`), { traceId: TRACE, flags: "01" });
  assert.deepEqual(parseTraceparent(`00-${TRACE}-${PARENT}-fe`), { traceId: TRACE, flags: "00" });
});

it("keeps a valid tracestate, joins its lines, and drops an invalid one whole", () => {
  const members = (count: number) => Array.from({ length: count }, (_, index) => `k${index}=v`).join(",");
  assert.equal(validState("a=1,,b=2 3,0tenant@sys=x"), "a=1,b=2 3,0tenant@sys=x");
  assert.equal(validState(["a=1", "b=2"]), "a=1,b=2");
  assert.equal(validState(members(32)), members(32));
  for (const bad of [
    members(33),
    "a=1,a=2",
    "A=1",
    "=1",
    "a",
    "a=",
    "a=b=c",
    "a=é",
    "a=1,b",
    `a=${"x".repeat(257)}`,
    7,
  ]) {
    assert.equal(validState(bad), "", `${bad}`);
  }
});
