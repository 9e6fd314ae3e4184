import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { legalConfig, TEST_CONTEXT } from "../config/legalConfig.ts";
import { parseFleetConfig } from "../config/parse.ts";
import { containerCommand } from "./containerCommand.ts";

const IMAGE = `registry.test/team/resize:1@sha256:${"0".repeat(64)}`;
const functionsOf = (functions: object) => parseFleetConfig({ ...legalConfig(), functions }, TEST_CONTEXT).functions;

test("a container's command has its limits, and each variable as one word of a shell", () => {
  const env = { MODE: "fast", GREETING: "it's $HOME" };
  const [resize] = functionsOf({
    resize: { container: { image: IMAGE, port: 9000, cpus: 2, memoryMb: 512 }, env },
  }).filter(({ container }) => container !== null);
  assert.ok(resize);
  const command = containerCommand(resize) ?? "";
  assert.match(
    command,
    /^docker run --rm --name resize --publish 127\.0\.0\.1:9000:9000 --cpus 2 --memory 512m --memory-swap 512m /,
  );
  const words = execFileSync("sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" }).split("\n");
  assert.ok(words.includes("GREETING=it's $HOME"));
  assert.equal(words.at(-2), IMAGE);
});

test("code is not started so", () => {
  const [api] = functionsOf({}).filter(({ container }) => container === null);
  assert.ok(api);
  assert.equal(containerCommand(api), null);
});
