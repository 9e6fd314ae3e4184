import assert from "node:assert/strict";
import { test } from "node:test";
import { functionOf } from "@edge-fleet/runner/release/fixtures";
import { secretPrefix, unreadableSecrets } from "./secretNames.ts";

test("secrets that nodes in AWS could not have are told before a release names them", () => {
  const { manifest } = functionOf("api", "1");
  const secrets = {
    A: "ssm:/edge-fleet/prod/a",
    B: "secretsmanager:edge-fleet/prod/b#key",
    C: "local:c",
    D: "file",
    E: "ssm:/edge-fleet/dev/e",
    F: "secretsmanager:payments",
  };
  const told = unreadableSecrets([{ ...manifest, secrets }], secretPrefix("prod"));
  assert.deepEqual(
    told.map((reason) => /^the secret (\S+) \((\w) of api\)/.exec(reason)?.slice(1)),
    [
      ["local:c", "C"],
      ["file", "D"],
      ["ssm:/edge-fleet/dev/e", "E"],
      ["secretsmanager:payments", "F"],
    ],
  );
  assert.match(told[0] as string, /name one that is ssm:\/edge-fleet\/prod\/<name>/);
  assert.match(told[3] as string, /its name must begin with edge-fleet\/prod\//);
});
