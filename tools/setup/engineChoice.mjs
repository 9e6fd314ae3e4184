// @ts-check

/** The oldest `pulumi` on PATH that is used as it is: older ones lack `stackConfigDir` and `packagemanager` of our Pulumi.yaml. */
export const minimumPulumi = "3.200.0";

/** The programs of an engine, all in one folder. The last two are shell scripts that start Node. */
export const enginePrograms = [
  "pulumi",
  "pulumi-language-nodejs",
  "pulumi-resource-pulumi-nodejs",
  "pulumi-analyzer-policy",
];

/** What the vendor publishes archives for. */
const archivePlatforms = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

/**
 * What is known about the machine before choosing.
 * @typedef {object} EngineFacts
 * @property {{ version: string | undefined, programs: Record<string, string | undefined> } | undefined} onPath the `pulumi` on PATH: its version, and where each
 *   engine program is (beside it, or on PATH)
 * @property {string} platform as in process.platform
 * @property {string} arch as in process.arch
 * @property {string} version the version to fetch or build
 * @property {{ path: string, version: string, toolchain: string } | undefined} go the Go command, its version and its GOTOOLCHAIN
 * @property {string} goVersion the oldest Go that builds the engine
 *
 * @typedef {{ kind: "link", version: string, programs: Record<string, string> }
 *   | { kind: "archive", url: string, checksumsUrl: string, file: string }
 *   | { kind: "build", go: string }} EngineStep
 */

/**
 * The ways to an engine on this machine, best first, and why the others are none.
 * @param {EngineFacts} facts
 * @returns {{ steps: EngineStep[], ruledOut: string[] }}
 */
export function chooseEngine(facts) {
  const unfit = unfitOnPath(facts.onPath);
  if (facts.onPath?.version && unfit === undefined) {
    const programs = /** @type {Record<string, string>} */ (facts.onPath.programs);
    return { steps: [{ kind: "link", version: facts.onPath.version, programs }], ruledOut: [] };
  }
  const archive = archiveStep(facts);
  const noGo = unfitGo(facts);
  return {
    steps: [
      ...(archive ? [archive] : []),
      ...(facts.go && noGo === undefined ? [{ kind: /** @type {const} */ ("build"), go: facts.go.path }] : []),
    ],
    ruledOut: [
      unfit ?? "no pulumi on PATH",
      ...(archive ? [] : [`Pulumi publishes no archive for ${facts.platform}-${facts.arch}`]),
      ...(noGo === undefined ? [] : [noGo]),
    ],
  };
}

/** @param {EngineFacts["onPath"]} onPath */
function unfitOnPath(onPath) {
  if (!onPath) return undefined;
  const where = `the pulumi on PATH (${onPath.programs.pulumi})`;
  if (!onPath.version) return `${where} does not tell its version`;
  if (compareVersions(onPath.version, minimumPulumi) < 0)
    return `${where} is ${onPath.version}, older than ${minimumPulumi}`;
  if (compareVersions(onPath.version, "4.0.0") >= 0) return `${where} is ${onPath.version}, newer than version 3`;
  const lacking = enginePrograms.filter((program) => !onPath.programs[program]);
  return lacking.length > 0 ? `${where} has no ${lacking.join(", ")} beside it` : undefined;
}

/**
 * @param {EngineFacts} facts
 * @returns {EngineStep | undefined}
 */
function archiveStep({ platform, arch, version }) {
  const name = `${platform}-${arch}`;
  if (!archivePlatforms.includes(name)) return undefined;
  const base = "https://get.pulumi.com/releases/sdk";
  const file = `pulumi-v${version}-${name}.tar.gz`;
  return { kind: "archive", file, url: `${base}/${file}`, checksumsUrl: `${base}/pulumi-${version}-checksums.txt` };
}

/** @param {EngineFacts} facts */
function unfitGo({ go, goVersion }) {
  if (!go) return `no Go on PATH to build it with (${goVersion} or newer)`;
  if (compareVersions(go.version, goVersion) >= 0) return undefined;
  // From 1.21 on Go fetches the toolchain that a go.mod asks for, unless GOTOOLCHAIN forbids it.
  if (compareVersions(go.version, "1.21.0") >= 0 && go.toolchain.endsWith("auto")) return undefined;
  return `Go at ${go.path} is ${go.version}, building needs ${goVersion} or newer`;
}

/**
 * @param {string} a three numbers with dots; missing ones count as 0
 * @param {string} b
 * @returns {number} below, equal to or above 0, as for sort
 */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The version in what a command says of itself ("v3.250.0", "go version go1.26.8 linux/amd64").
 * @param {string} text
 * @returns {string | undefined}
 */
export function versionIn(text) {
  return /(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
}
