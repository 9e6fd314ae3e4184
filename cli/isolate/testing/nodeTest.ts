/** `node:test` inside an isolate: the part that tests of functions use. Tests are registered here and run one by one when they are asked for. */

type Body = (context: TestContext) => unknown;
type Hook = () => unknown;

interface Options {
  readonly skip?: boolean | string;
  readonly todo?: boolean | string;
}

interface Suite {
  readonly parent: Suite | null;
  readonly name: string;
  readonly options: Options;
  readonly before: Hook[];
  readonly after: Hook[];
  readonly beforeEach: Hook[];
  readonly afterEach: Hook[];
  /** Set when its `before` hooks have run, or are running. */
  begun: Promise<void> | null;
}

interface Test {
  readonly suite: Suite;
  readonly name: string;
  readonly options: Options;
  readonly body: Body | undefined;
}

export interface Listed {
  /** With the suites around it. */
  readonly path: readonly string[];
  /** Not run; a text says why. */
  readonly skip: boolean | string;
  /** Its failure is expected; a text says why. */
  readonly todo: boolean | string;
}

export type Outcome =
  | { readonly status: "passed" | "skipped" }
  | { readonly status: "failed"; readonly message: string; readonly stack: string };

const root = newSuite(null, "", {});
const tests: Test[] = [];
let open = root;

function newSuite(parent: Suite | null, name: string, options: Options): Suite {
  return { parent, name, options, before: [], after: [], beforeEach: [], afterEach: [], begun: null };
}

/** Its own and those around it, outermost first. */
function around(suite: Suite | null): Suite[] {
  return suite === null ? [] : [...around(suite.parent), suite];
}

class Skipped extends Error {}

class TestContext {
  readonly name: string;
  readonly signal = new AbortController().signal;
  readonly after: (hook: Hook) => void;
  readonly #after: Hook[];

  constructor(name: string, after: Hook[]) {
    this.name = name;
    this.#after = after;
    this.after = (hook) => void this.#after.push(hook);
  }

  /** Runs at once, and fails this test when it fails. */
  async test(...given: readonly unknown[]): Promise<void> {
    const { name, options, body } = read(given);
    if (options.skip || body === undefined) return;
    try {
      await runBody(name, body);
    } catch (error) {
      if (error instanceof Skipped || options.todo) return;
      if (error instanceof Error) error.message = `${name}: ${error.message}`;
      throw error;
    }
  }

  diagnostic(message: string): void {
    console.info(message);
  }

  skip(): void {
    throw new Skipped();
  }

  todo(): void {}
}

async function runBody(name: string, body: Body): Promise<void> {
  const after: Hook[] = [];
  try {
    await body(new TestContext(name, after));
  } finally {
    for (const hook of after) await hook();
  }
}

function read(given: readonly unknown[]): { name: string; options: Options; body: Body | undefined } {
  const body = given.find((one) => typeof one === "function") as Body | undefined;
  const options = (given.find((one) => typeof one === "object" && one !== null) ?? {}) as Options;
  const name = given.find((one) => typeof one === "string");
  return { name: typeof name === "string" ? name : body?.name || "<anonymous>", options, body };
}

type Register = (...given: readonly unknown[]) => void;

function withModes(register: (options: Options, given: readonly unknown[]) => void) {
  const plain: Register = (...given) => register({}, given);
  return Object.assign(plain, {
    skip: ((...given) => register({ skip: true }, given)) as Register,
    todo: ((...given) => register({ todo: true }, given)) as Register,
    only: plain,
  });
}

const registerTest = withModes((mode, given) => {
  const { name, options, body } = read(given);
  const todo = body === undefined && !options.skip ? { todo: true } : {};
  tests.push({ suite: open, name, options: { ...options, ...todo, ...mode }, body });
});

export const describe = withModes((mode, given) => {
  const { name, options, body } = read(given);
  const before = open;
  open = newSuite(before, name, { ...options, ...mode });
  try {
    (body as (() => unknown) | undefined)?.();
  } finally {
    open = before;
  }
});

export const before = (hook: Hook) => void open.before.push(hook);
export const after = (hook: Hook) => void open.after.push(hook);
export const beforeEach = (hook: Hook) => void open.beforeEach.push(hook);
export const afterEach = (hook: Hook) => void open.afterEach.push(hook);
export const it = registerTest;
export const suite = describe;
export const test = Object.assign(registerTest, {
  test: registerTest,
  it,
  describe,
  suite,
  before,
  after,
  beforeEach,
  afterEach,
});
export default test;

/** All tests, in the order of the file. */
export function listTests(): Listed[] {
  return tests.map(({ suite: own, name, options }) => {
    const suites = around(own);
    const first = (mode: "skip" | "todo") =>
      [...suites.map((one) => one.options), options].find((one) => one[mode])?.[mode];
    return {
      path: [...suites.slice(1).map((one) => one.name), name],
      skip: first("skip") ?? false,
      todo: first("todo") ?? false,
    };
  });
}

/** Runs one of {@link listTests} with its hooks. */
export async function runTest(index: number): Promise<Outcome> {
  const { suite: own, name, body } = tests[index] as Test;
  if (body === undefined) return { status: "passed" };
  const suites = around(own);
  try {
    for (const one of suites) {
      one.begun ??= runAll(one.before);
      await one.begun;
    }
    for (const one of suites) await runAll(one.beforeEach);
    try {
      await runBody(name, body);
    } finally {
      for (const one of suites.toReversed()) await runAll(one.afterEach);
    }
    return { status: "passed" };
  } catch (error) {
    if (error instanceof Skipped) return { status: "skipped" };
    const { message = String(error), stack = "" } = error instanceof Error ? error : {};
    return { status: "failed", message, stack };
  }
}

/** Runs the `after` hooks of the suites that have begun, innermost first. @returns what failed */
export async function endTests(): Promise<Outcome> {
  const begun = [...new Set(tests.flatMap(({ suite: own }) => around(own)))].filter((one) => one.begun !== null);
  try {
    for (const one of begun.toSorted((a, b) => around(b).length - around(a).length)) await runAll(one.after);
    return { status: "passed" };
  } catch (error) {
    const { message = String(error), stack = "" } = error instanceof Error ? error : {};
    return { status: "failed", message, stack };
  }
}

async function runAll(hooks: readonly Hook[]): Promise<void> {
  for (const hook of hooks) await hook();
}
