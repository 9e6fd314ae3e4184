import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

test("finds the word that was meant", () => {
  assert.equal(nearest("domian", ["target", "domain"]), "domain");
  assert.equal(nearest("Local", ["aws", "local"]), "local");
  assert.equal(nearest("us-esat-1", ["eu-west-1", "us-east-1", "us-west-1"]), "us-east-1");
});

test("offers nothing when nothing is near", () => {
  assert.equal(nearest("banana", ["target", "domain"]), null);
  assert.equal(nearest("", ["aws"]), null);
  assert.equal(nearest("x".repeat(100_000), ["target"]), null);
  assert.equal(nearest("x", []), null);
});
