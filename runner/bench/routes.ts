/** How long a match takes in tables of several sizes, beside a naive matcher and hono's routers: `node runner/bench/routes.ts`. */
import { RegExpRouter } from "hono/router/reg-exp-router";
import { TrieRouter } from "hono/router/trie-router";
import { NaiveRouter } from "../routes/naiveRouter.ts";
import type { Route } from "../routes/route.ts";
import { RouteTable } from "../routes/routeTable.ts";

const TABLE_SIZES = [100, 1_000, 10_000];
const ROUNDS = 7;
/** Long enough for a timer's grain, short enough that candidates meet the same machine. */
const ROUND_MS = 60;
const HOST = "edge.example.com";

interface Candidate {
  readonly name: string;
  readonly match: (path: string) => unknown;
}

for (const size of TABLE_SIZES) {
  const routes = routesOf(size);
  const paths = routes.map(({ path }) => path.replaceAll(/:\w+/g, "4711").replace("*", "deep/file.txt"));
  const candidates = candidatesFor(routes);
  for (const { name, match } of candidates) {
    const missed = paths.filter((path) => match(path) === undefined);
    if (missed.length > 0) throw new Error(`${name} finds no route for ${missed[0]}`);
  }
  const rounds = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, match } of candidates) rounds.get(name)?.push(nsPerMatch(match, paths));
  }
  const ours = rounds.get("route table") ?? [];
  console.log(`\n${size} routes: ns per match, least / median of ${ROUNDS} rounds (times our median)`);
  for (const [name, all] of rounds) {
    const [least = 0] = all.toSorted((a, b) => a - b);
    const ratio = median(all) / median(ours);
    console.log(`  ${name.padEnd(28)}${show(least)} /${show(median(all))}  (${ratio.toFixed(1)}×)`);
  }
}

/** A fifth each: plain, with a parameter at the end, with one in the middle, wildcard, and two methods of one path. */
function routesOf(count: number): Route[] {
  return Array.from({ length: count }, (_, index) => {
    const app = `/team${index % 40}/app${index % 400}`;
    const paths = [
      `${app}/page${index}`,
      `${app}/item${index}/:id`,
      `${app}/:user/order${index}`,
      `${app}/files${index}/*`,
    ];
    const path = paths[index % 5] ?? `${app}/thing${index}`;
    return { host: null, methods: index % 5 === 4 ? ["GET"] : [], path, priority: 0 };
  });
}

function candidatesFor(routes: readonly Route[]): Candidate[] {
  const entries = routes.map((route) => ({ owner: "one", route, target: route }));
  const table = new RouteTable(entries);
  const hosts = new RouteTable([
    ...entries,
    ...entries.slice(0, 100).map((entry) => ({ ...entry, route: { ...entry.route, host: "*.other.test" } })),
    ...entries.slice(0, 100).map((entry) => ({ ...entry, route: { ...entry.route, host: HOST, priority: -1 } })),
  ]);
  const naive = new NaiveRouter(entries);
  const trie = new TrieRouter<Route>();
  const regExp = new RegExpRouter<Route>();
  for (const route of routes) {
    trie.add("GET", route.path, route);
    regExp.add("GET", route.path, route);
  }
  return [
    { name: "(the path's string alone)", match: (path) => path },
    { name: "route table", match: (path) => table.match("GET", HOST, path) },
    { name: "route table with hosts", match: (path) => hosts.match("GET", HOST, path) },
    ...(routes.length > 1_000 ? [] : [{ name: "naive", match: (path: string) => naive.match("GET", HOST, path) }]),
    { name: "hono TrieRouter", match: (path) => trie.match("GET", path)[0][0] },
    { name: "hono RegExpRouter", match: (path) => regExp.match("GET", path)[0][0] },
  ];
}

function nsPerMatch(match: (path: string) => unknown, paths: readonly string[]): number {
  let count = 0;
  const start = performance.now();
  let now = start;
  while (now - start < ROUND_MS) {
    for (let index = 0; index < 200; index++) match(fresh(paths[(count + index * 7919) % paths.length] as string));
    count += 200;
    now = performance.now();
  }
  return ((now - start) * 1e6) / count;
}

/** A string as it comes from the network: its hash is not known yet. */
function fresh(path: string): string {
  return Buffer.from(path, "latin1").toString("latin1");
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function show(ns: number): string {
  return Math.round(ns).toLocaleString("en").padStart(9);
}
