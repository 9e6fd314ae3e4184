import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSecretReference, SECRET_REFERENCE, secretFile } from "./secretReference.ts";

test("a reference says where a value is", () => {
  for (const [text, reference] of [
    ["payments-key", { kind: "file", name: "payments-key" }],
    ["local:payments-key", { kind: "local", name: "payments-key" }],
    ["ssm:/prod/payments/key", { kind: "ssm", path: "/prod/payments/key" }],
    ["ssm:payments", { kind: "ssm", path: "payments" }],
    ["secretsmanager:prod/payments", { kind: "secretsmanager", name: "prod/payments", key: null }],
    ["secretsmanager:prod/payments#api_key", { kind: "secretsmanager", name: "prod/payments", key: "api_key" }],
  ] as const) {
    assert.match(text, SECRET_REFERENCE.regex);
    assert.deepEqual(parseSecretReference(text), reference);
  }
});

test("what is no reference is refused", () => {
  for (const text of [
    ...[
      "",
      ".hidden",
      "a/b",
      "../a",
      "a b",
      "local:",
      "local:../a",
      "local:a/b",
      "ssm:",
      "ssm:/",
      "ssm:a//b",
      "ssm:/a/",
    ],
    ...[
      "ssm:a b",
      "secretsmanager:",
      "secretsmanager:a#",
      "secretsmanager:a#b#c",
      "vault:a",
      "file:/etc/passwd",
      "a\n",
    ],
    ...["a".repeat(129), `ssm:${"a".repeat(600)}`],
  ]) {
    assert.doesNotMatch(text, SECRET_REFERENCE.regex, JSON.stringify(text));
  }
});

test("each reference has a file of its own, which never leaves the folder", () => {
  const references = ["a", "local:a", "ssm:a", "ssm:/a", "secretsmanager:a", "secretsmanager:a#a"];
  const files = references.map(secretFile);
  assert.equal(new Set(files).size, references.length);
  assert.equal(files[0], "a");
  for (const file of files) assert.match(file, /^[A-Za-z0-9._-]+$/);
});
