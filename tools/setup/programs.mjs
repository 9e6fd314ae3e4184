// @ts-check

/**
 * The system programs: what shows that one is there, and what brings it. One row per Debian package; to need another one, add a row.
 * @typedef {object} ProgramRow
 * @property {string} debian the package's name in Debian and Ubuntu; also its name for `--with`
 * @property {string} [program] the command that shows it is there
 * @property {string[]} [files] or one of these files; `*` stands for one folder
 * @property {string | undefined} brew Homebrew's formula; undefined when it has none, then `elsewhere` says how else
 * @property {string} [elsewhere] a command for systems without apt
 * @property {string} use what it is for
 */

const vmodDirs = [
  "/usr/lib/*/varnish/vmods",
  "/usr/lib/varnish/vmods",
  "/usr/local/lib/varnish/vmods",
  "/opt/homebrew/lib/varnish/vmods",
];

/** @type {ProgramRow[]} What the fleet on one machine needs. */
export const fleetPrograms = [
  { debian: "haproxy", program: "haproxy", brew: "haproxy", use: "TLS, HTTP/2, limits, failover" },
  { debian: "varnish", program: "varnishd", brew: "varnish", use: "the cache" },
  {
    debian: "varnish-modules",
    files: vmodDirs.map((dir) => `${dir}/libvmod_xkey.so`),
    brew: undefined,
    elsewhere:
      "git clone https://github.com/varnish/varnish-modules && cd varnish-modules && ./bootstrap && ./configure && make && sudo make install",
    use: "purging by tag (vmod xkey)",
  },
  { debian: "gcc", program: "gcc", brew: "gcc", use: "varnishd compiles VCL when it starts" },
  {
    debian: "libc6-dev",
    files: ["/usr/include/stdio.h", "/Library/Developer/CommandLineTools/SDKs/MacOSX.sdk/usr/include/stdio.h"],
    brew: undefined,
    elsewhere: "install the C library's headers (macOS: xcode-select --install)",
    use: "the headers that VCL is compiled against",
  },
  { debian: "gdnsd", program: "gdnsd", brew: "gdnsd", use: "geo DNS" },
  { debian: "prometheus", program: "prometheus", brew: "prometheus", use: "metrics" },
  {
    debian: "prometheus-varnish-exporter",
    program: "prometheus-varnish-exporter",
    brew: undefined,
    elsewhere:
      "go install github.com/jonnenauha/prometheus_varnish_exporter@latest, then link it as prometheus-varnish-exporter into a folder on PATH",
    use: "Varnish's counters for Prometheus",
  },
  // Linux alone has what it uses; without it the workers are held by unshare and setpriv.
  ...(process.platform === "linux"
    ? [
        {
          debian: "bubblewrap",
          program: "bwrap",
          brew: undefined,
          elsewhere: "install bubblewrap with the system's package manager",
          use: "holds the processes that run functions",
        },
      ]
    : []),
  { debian: "curl", program: "curl", brew: "curl", use: "the lines to try at the end" },
  { debian: "openssl", program: "openssl", brew: "openssl", use: "looking at certificates" },
  { debian: "bind9-dnsutils", program: "dig", brew: "bind", use: "asking the geo DNS" },
];

/** @type {ProgramRow[]} What only tests and benchmarks need: their suites ask for it. */
export const suitePrograms = [
  { debian: "wrk", program: "wrk", brew: "wrk", use: "load over HTTP/1" },
  { debian: "nginx-light", program: "nginx", brew: "nginx", use: "the cache beside ours in a benchmark" },
  { debian: "nghttp2-client", program: "h2load", brew: "nghttp2", use: "load over HTTP/2" },
  {
    debian: "docker.io",
    program: "dockerd",
    brew: undefined,
    elsewhere: "install a Docker engine with the system's package manager",
    use: "a container engine of the tests' own",
  },
  {
    debian: "mmdebstrap",
    program: "mmdebstrap",
    brew: undefined,
    elsewhere: "install mmdebstrap with the system's package manager",
    use: "a base image without a registry of images",
  },
  {
    debian: "postgresql",
    files: ["/usr/lib/postgresql/*/bin/initdb"],
    brew: "postgresql",
    use: "a PostgreSQL server of the tests' own",
  },
  { debian: "redis-server", program: "redis-server", brew: "redis", use: "a Redis server of the tests' own" },
  {
    debian: "testssl.sh",
    program: "testssl",
    brew: "testssl",
    use: "looks for weak TLS",
  },
  { debian: "lego", program: "lego", brew: "lego", use: "an ACME client" },
  {
    debian: "python3-venv",
    files: ["/usr/lib/*/ensurepip/__init__.py", "/opt/homebrew/bin/python3", "/usr/local/bin/python3"],
    brew: "python",
    use: "Python environments for what tests stand against",
  },
  { debian: "faketime", program: "faketime", brew: "libfaketime", use: "clock jumps of our own processes" },
];

/**
 * @param {string[]} names Debian package names
 * @returns {ProgramRow[]}
 * @throws {Error} naming those that the table lacks
 */
export function rowsOf(names) {
  const rows = [...fleetPrograms, ...suitePrograms];
  const unknown = names.filter((name) => !rows.some((row) => row.debian === name));
  if (unknown.length > 0) {
    const known = rows.map((row) => row.debian).join(", ");
    throw new Error(`unknown package ${unknown.join(", ")}: known are ${known}; add a row to tools/setup/programs.mjs`);
  }
  return rows.filter((row) => names.includes(row.debian));
}
