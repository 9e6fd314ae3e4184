import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { COMMANDS } from "../../cli/registry.ts";
import { PACKAGE_DIR } from "../../components/packageDir.ts";
import { EDGE, edge, TestProject } from "./edgeCommand.ts";

const AWS_STACK = `config:
  edge-fleet:target: aws
  edge-fleet:domain: edge.example.com
  edge-fleet:regions:
    eu-central-1: { continents: [EU, AF, NA, SA, AN, AS, OC], default: true }
  edge-fleet:aws: { home: eu-central-1, certificateSecret: edge/test/certificate }
`;
const OLD_NODE = ["/usr/bin/node", "/usr/local/bin/node"].find(
  (node) =>
    Number(spawnSync(node, ["-p", "process.versions.node.split('.')[0]"], { encoding: "utf8" }).stdout ?? 99) < 26,
);
const SCRIPT = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux")
  ? false
  : "needs util-linux";

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
      [["completon"], /unknown command 'completon'\n\(Did you mean completion\?\)/],
      [["status", "--jsn"], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
      [["status", "--env", "locl"], /--env locl: there is no such stack\. Did you mean local\?/],
      [["--env", "local", "status"], /--env stands before the command; options come after it/],
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

  it("says of a stack in the cloud what it cannot reach yet", async () => {
    using project = new TestProject({ stack: AWS_STACK });
    const { code: unnamed, stderr: complaint } = await project.edge(["status"]);
    assert.equal(unnamed, 1);
    assert.match(
      complaint,
      /^error: stack local names no account, and its store is named after it\. Set edge-fleet:aws\.account/,
    );
    const { code: hubless, stderr: missing } = await project.edge(["stats"]);
    assert.equal(hubless, 1);
    assert.match(missing, /edge-fleet:aws\.hub/);
    for (const command of ["logs", "probe"]) {
      const { code, stdout, stderr } = await project.edge([command]);
      assert.equal(code, 1, command);
      assert.equal(stdout, "");
      assert.match(stderr, /^error: stack local has target aws, /, command);
    }
  });

  it("goes on in the project's own Node where the machine's is older", {
    skip: OLD_NODE === undefined ? "needs an older Node" : false,
  }, async () => {
    const { status, stdout, stderr } = spawnSync(OLD_NODE as string, [EDGE, "--version"], { encoding: "utf8" });
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal(spawnSync(OLD_NODE as string, [EDGE, "statsu"]).status, 2);
  });

  it("asks a person before what cannot be taken back, and takes no for an answer", { skip: SCRIPT }, () => {
    const ask = (key: string) => {
      const program = `import { confirm } from "${PACKAGE_DIR}/cli/prompts.ts"; process.exit((await confirm("Really?", { yes: false })) ? 7 : 8);`;
      const command = `${process.execPath} --input-type=module -e '${program}'`;
      // It makes a terminal, on which its input is typed.
      return spawnSync("script", ["-qec", `stty cols 80; ${command}`, "/dev/null"], {
        input: key,
        encoding: "utf8",
      });
    };
    assert.match(ask("y").stdout, /Really\?/);
    assert.equal(ask("y").status, 7);
    assert.equal(ask("n").status, 8);
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
    assert.deepEqual(complete("dev", "gr"), ["greet"]);
  });
});
