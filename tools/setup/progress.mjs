// @ts-check

/** In a pipe a running part says this often that it still runs. */
const pipeIntervalMs = 15_000;
const redrawMs = 120;
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/**
 * Prints how the parts of set-up get on: one live line for people, occasional plain lines in a pipe.
 * @typedef {{ note: (text: string) => void, at: (detail: string) => void, done: (result: string) => void, failed: (text: string) => void }} PartProgress
 */
export class Progress {
  /** @type {Map<string, { startedMs: number, detail: string, toldMs: number }>} */
  #running = new Map();
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #frame = 0;
  #out;
  #live;
  #colour;

  /**
   * @param {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} out
   * @param {NodeJS.ProcessEnv} env `NO_COLOR` turns colour off (no-color.org)
   */
  constructor(out, env) {
    this.#out = out;
    this.#live = out.isTTY === true && env.TERM !== "dumb";
    this.#colour = this.#live && !env.NO_COLOR;
  }

  /**
   * Starts a part's clock.
   * @param {string} name
   * @param {string} detail what it is about to do
   * @returns {PartProgress} `note` prints a line that stays, `at` says where it is now, `done` and `failed` end it
   */
  start(name, detail) {
    this.#running.set(name, { startedMs: Date.now(), detail, toldMs: Date.now() });
    this.#timer ??= setInterval(() => this.#tick(), this.#live ? redrawMs : 1000);
    this.#line(`${this.#paint(36, "→")} ${name}: ${detail}`);
    const end = (/** @type {string} */ mark, /** @type {string} */ text) => {
      const part = this.#running.get(name);
      this.#running.delete(name);
      if (this.#running.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
      this.#line(`${mark} ${name} (${seconds(Date.now() - (part?.startedMs ?? Date.now()))}): ${text}`);
    };
    return {
      note: (text) => this.#line(`  ${name}: ${text}`),
      at: (text) => {
        const part = this.#running.get(name);
        if (part) part.detail = text;
      },
      done: (text) => end(this.#paint(32, "✓"), text),
      failed: (text) => end(this.#paint(31, "✗"), text),
    };
  }

  #tick() {
    if (this.#live) return this.#redraw();
    for (const [name, part] of this.#running) {
      if (Date.now() - part.toldMs < pipeIntervalMs) continue;
      part.toldMs = Date.now();
      this.#line(`  ${name}: ${part.detail} (${seconds(Date.now() - part.startedMs)})`);
    }
  }

  /** @param {string} text */
  #line(text) {
    this.#out.write(`${this.#live ? "\r\x1b[K" : ""}${text}\n`);
    if (this.#live) this.#redraw();
  }

  #redraw() {
    if (this.#running.size === 0) return;
    this.#frame = (this.#frame + 1) % frames.length;
    const parts = [...this.#running].map(([name, p]) => `${name} ${seconds(Date.now() - p.startedMs)} ${p.detail}`);
    const text = `${frames[this.#frame]} ${parts.join(" · ")}`.slice(0, (this.#out.columns ?? 80) - 1);
    this.#out.write(`\r\x1b[K${text}`);
  }

  /**
   * @param {number} code SGR colour
   * @param {string} text
   */
  #paint(code, text) {
    return this.#colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

/**
 * A duration for people.
 * @param {number} ms
 */
export function seconds(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
