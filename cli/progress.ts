import { styled } from "./output.ts";

export type StepState = "waiting" | "done" | "failed";

/** A line for each region (or other name) that says how far it is. */
export interface Progress {
  set(name: string, state: StepState, text: string): void;
}

const MARKS = { waiting: ["dim", "·"], done: ["green", "✓"], failed: ["red", "✗"] } as const;

/**
 * Lines on standard error: rewritten in place on a terminal, else one more line for each change. Nothing where `isQuiet`.
 */
export function makeProgress(names: readonly string[], { isQuiet }: { readonly isQuiet: boolean }): Progress {
  if (isQuiet) return { set: () => {} };
  const stream = process.stderr;
  const width = Math.max(0, ...names.map((name) => name.length));
  const lines = new Map(names.map((name) => [name, { state: "waiting" as StepState, text: "" }]));
  const render = (name: string, { state, text }: { state: StepState; text: string }) => {
    const [style, mark] = MARKS[state];
    return `  ${styled(style, mark, stream)} ${name.padEnd(width)}  ${text}`;
  };
  let drawn = 0;
  const draw = () => {
    const up = drawn === 0 ? "" : `\x1b[${drawn}A`;
    stream.write(`${up}${[...lines].map(([name, line]) => `\x1b[2K${render(name, line)}\n`).join("")}`);
    drawn = lines.size;
  };
  if (stream.isTTY) draw();
  return {
    set(name, state, text) {
      const before = lines.get(name);
      if (before?.state === state && before.text === text) return;
      lines.set(name, { state, text });
      if (stream.isTTY) draw();
      else stream.write(`${render(name, { state, text })}\n`);
    },
  };
}
