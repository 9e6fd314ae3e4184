import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { COMMANDS } from "../../cli/registry.ts";
import { edge, TestProject } from "./edgeCommand.ts";

describe("the edge command", () => {
  it("lists every command in its help", async () => {
    const { code, stdout, stderr } = await edge(["--help"]);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    for (const name of Object.keys(COMMANDS)) assert.match(stdout, new RegExp(`^  ${name}\\b`, "m"));
    assert.equal((await edge([])).stdout, stdout);
  });

  for (const name of Object.keys(COMMANDS)) {
    it(`has help with examples for ${name}, anywhere and without a project`, async () => {
      const { code, stdout } = await edge([name, "--help"], { cwd: "/" });
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Usage: edge ${name}`));
      assert.match(stdout, /--env <stack>/);
      assert.match(stdout, /\nExamples:\n/);
    });
  }

  it("answers typos of commands and options with the nearest, exit code 2 and nothing on standard output", async () => {
    for (const [args, says] of [
      [["statsu"], /unknown command 'statsu'\n\(Did you mean status\?\)/],
      [["status", "--jsn"], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
      [["status", "--env", "locl"], /--env locl: there is no such stack\. Did you mean local\?/],
      [["status", "surplus"], /too many arguments/],
      [["completion"], /missing required argument 'shell'/],
      [["completion", "zhs"], /there is no shell "zhs"\. Did you mean zsh\?/],
    ] as const) {
      const { code, stdout, stderr } = await edge(args);
      assert.equal(code, 2, args.join(" "));
      assert.equal(stdout, "");
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /^\s+at /m);
    }
  });

  it("refuses to work outside a project", async () => {
    const { code, stderr } = await edge(["status"], { cwd: "/" });
    assert.equal(code, 2);
    assert.match(stderr, /^error: \/ is in no edge-fleet project/);
  });

  it("tells every problem of a config by key, value and remedy, without a stack trace", async () => {
    using project = new TestProject({ stack: "config:\n  edge-fleet:target: lokal\n  edge-fleet:domian: edge.test\n" });
    const { code, stderr } = await project.edge(["status"]);
    assert.equal(code, 1);
    assert.match(stderr, /edge-fleet:target = "lokal"\n.*\n.*Did you mean local\?/);
    assert.match(stderr, /edge-fleet:domian = "edge.test"\n.*\n.*Did you mean domain\?/);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });

  it("tells of a fleet that was never brought up how it comes up; with --json as one document", async () => {
    using project = new TestProject();
    const told = await project.edge(["status"]);
    assert.equal(told.code, 1);
    assert.match(told.stderr, /stack local has no release store at .*`npm start` brings the fleet up\./);
    const { code, stdout, stderr } = await project.edge(["status", "--json"]);
    assert.equal(code, 1);
    assert.equal(stderr, "");
    assert.match((JSON.parse(stdout) as { error: { message: string } }).error.message, /no release store/);
  });

  it("has no colour when piped, unless it is forced", async () => {
    const plain = await edge(["statsu"]);
    assert.equal(stripVTControlCharacters(plain.stderr), plain.stderr);
    const forced = await edge(["statsu"], { env: { FORCE_COLOR: "1" } });
    assert.notEqual(stripVTControlCharacters(forced.stderr), forced.stderr);
  });

  for (const shell of ["bash", "zsh", "fish"]) {
    it(`prints a completion script that ${shell} reads, with every command`, async () => {
      const { code, stdout } = await edge(["completion", shell]);
      assert.equal(code, 0);
      for (const name of Object.keys(COMMANDS)) assert.ok(stdout.includes(name), name);
      const checked = spawnSync(shell, ["-n"], { input: stdout, encoding: "utf8" });
      if ((checked.error as NodeJS.ErrnoException | undefined)?.code !== "ENOENT") assert.equal(checked.stderr, "");
    });
  }

  it("completes commands, options and functions in bash", async () => {
    using project = new TestProject();
    project.write("functions/greet.ts", "");
    project.write("functions/greet.test.ts", "");
    const { stdout } = await edge(["completion", "bash"]);
    const complete = (...words: string[]) => {
      const line = `COMP_WORDS=(edge ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _edge; echo "\${COMPREPLY[*]}"`;
      const { stdout: said } = spawnSync("bash", ["-c", `${stdout}\n${line}`], { cwd: project.dir, encoding: "utf8" });
      return said.trim().split(" ");
    };
    assert.deepEqual(complete("stat").includes("status"), true);
    assert.deepEqual(complete("status", "--j"), ["--json"]);
    assert.deepEqual(complete("status", "--env", ""), ["local"]);
  });
});
