import { REDIS_COMMANDS } from "../../bindings/redisCommands.ts";
import { BindingFault } from "../bindings/engine.ts";
import { jsonOf } from "../bindings/wholeBody.ts";
import { encodeCommand } from "./reply.ts";
import { REDIS_RULES } from "./rules.ts";

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const SCAN_OPTIONS = new Set(["MATCH", "COUNT", "TYPE"]);
/** A negative count has them repeat what they give, however little there is. */
const RANDOM = new Set(["SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER"]);

/** A command as it goes to the server: its keys have their prefix. */
interface RedisCommand {
  readonly name: string;
  readonly args: readonly (string | Buffer)[];
}

/** Commands as they go to the server together. */
export interface RedisCall {
  readonly bytes: Buffer;
  readonly commands: number;
  /** Which of them are SCAN: their answers have keys with the prefix. */
  readonly scans: ReadonlySet<number>;
}

/** Reads what a worker claims to be commands. @param mayWrite whether they may change something. @throws BindingFault */
export function callOf(body: Uint8Array, prefix: string, mayWrite: boolean): RedisCall {
  const given = jsonOf(body);
  if (!Array.isArray(given) || given.length === 0) throw invalid("a call is a list of commands");
  if (given.length > REDIS_RULES.commands) throw tooMany("commands", given.length, REDIS_RULES.commands);
  const args = given.reduce<number>((sum, command) => sum + (Array.isArray(command) ? command.length : 0), 0);
  if (args > REDIS_RULES.callArgs) throw tooMany("arguments of all commands", args, REDIS_RULES.callArgs);
  const scans = new Set<number>();
  let repeated = 0;
  // Each as bytes at once: an argument by itself takes many times what it has.
  const parts = given.map((claimed, index) => {
    const command = commandOf(claimed, prefix, mayWrite);
    if (command.name === "SCAN") scans.add(index);
    repeated += repeatedBy(command);
    if (repeated > REDIS_RULES.repeated) throw tooMany("members with repetition", repeated, REDIS_RULES.repeated);
    return encodeCommand([command.name, ...command.args]);
  });
  return { bytes: Buffer.concat(parts), commands: parts.length, scans };
}

function commandOf(given: unknown, prefix: string, mayWrite: boolean): RedisCommand {
  if (!Array.isArray(given) || typeof given[0] !== "string")
    throw invalid("a command is a list that begins with its name");
  if (given.length > REDIS_RULES.args) throw tooMany("arguments", given.length, REDIS_RULES.args);
  const name = given[0].toUpperCase();
  const args = given.slice(1).map(argOf);
  if (name === "SCAN") return { name, args: scanArgs(args, prefix) };
  const rule = REDIS_COMMANDS.get(name);
  if (rule === undefined) {
    const message = `${name.slice(0, 40)} is not a command that functions may use; docs/bindings.md has those that they may`;
    throw new BindingFault("ERR_BINDING_REFUSED", message);
  }
  if (rule.writes && !mayWrite) throw invalid(`${name} changes something`);
  if (name === "HMGET" && args.length - 1 > REDIS_RULES.keys) {
    throw tooMany("fields in one HMGET", args.length - 1, REDIS_RULES.keys);
  }
  const prefixed = (from: number, to: number, step = 1) => {
    const keys = Math.ceil((Math.min(to, args.length) - from) / step);
    if (keys > REDIS_RULES.keys) throw tooMany(`keys in one ${name}`, keys, REDIS_RULES.keys);
    const isKey = (index: number) => index >= from && index < to && (index - from) % step === 0;
    return { name, args: args.map((arg, index) => (isKey(index) ? keyOf(arg, prefix) : arg)) };
  };
  switch (rule.keys) {
    case "first":
      return prefixed(0, 1);
    case "two":
      return prefixed(0, 2);
    case "all":
      return prefixed(0, args.length);
    case "pairs":
      return prefixed(0, args.length, 2);
    case "counted":
      return prefixed(1, 1 + countOf(args));
  }
}

/** How many members a command asks for with repetition. */
function repeatedBy({ name, args }: RedisCommand): number {
  const count = RANDOM.has(name) ? Number(args[1]) : 0;
  return count < 0 ? -count : 0;
}

/** The pattern gets the prefix, and there is always one. */
function scanArgs(args: readonly Buffer[], prefix: string): (string | Buffer)[] {
  const [cursor, ...options] = args;
  if (cursor === undefined || !/^\d{1,20}$/.test(cursor.toString()))
    throw invalid("SCAN takes a cursor, 0 to begin with");
  const given = new Map<string, Buffer>();
  for (let index = 0; index < options.length; index += 2) {
    const option = options[index]?.toString().toUpperCase() ?? "";
    const value = options[index + 1];
    if (!SCAN_OPTIONS.has(option) || value === undefined || given.has(option)) {
      throw invalid("SCAN takes MATCH, COUNT and TYPE, each once and with a value");
    }
    given.set(option, value);
  }
  const count = given.get("COUNT")?.toString() ?? "10";
  if (!/^\d+$/.test(count) || Number(count) < 1 || Number(count) > REDIS_RULES.scanCount) {
    throw invalid(`COUNT of SCAN is a number from 1 to ${REDIS_RULES.scanCount}`);
  }
  const type = given.get("TYPE");
  const match = keyOf(given.get("MATCH") ?? Buffer.from("*"), prefix);
  return [cursor, "MATCH", match, "COUNT", count, ...(type === undefined ? [] : ["TYPE", type])];
}

function keyOf(key: Buffer, prefix: string): Buffer {
  if (key.length <= REDIS_RULES.keyBytes) return Buffer.concat([Buffer.from(prefix), key]);
  const message = `a key has ${key.length} bytes, the most is ${REDIS_RULES.keyBytes}`;
  throw new BindingFault("ERR_BINDING_TOO_LARGE", message);
}

function countOf([first]: readonly Buffer[]): number {
  const count = first?.toString() ?? "";
  if (!/^[1-9]\d{0,4}$/.test(count)) throw invalid("the command begins with the number of its keys");
  return Number(count);
}

function argOf(value: unknown, index: number): Buffer {
  const bytes = bytesOf(value);
  if (bytes === undefined) throw invalid(`argument ${index + 1} is not a text, a number or bytes`);
  if (bytes.length <= REDIS_RULES.valueBytes) return bytes;
  const message = `argument ${index + 1} has ${bytes.length} bytes, the most is ${REDIS_RULES.valueBytes}`;
  throw new BindingFault("ERR_BINDING_TOO_LARGE", message);
}

function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value === "string") return Buffer.from(value);
  if (typeof value === "number") return Buffer.from(`${value}`);
  const bytes = typeof value === "object" && value !== null ? (value as { bytes?: unknown }).bytes : undefined;
  return typeof bytes === "string" && BASE64.test(bytes) ? Buffer.from(bytes, "base64") : undefined;
}

function tooMany(what: string, count: number, most: number): BindingFault {
  return new BindingFault("ERR_BINDING_TOO_LARGE", `the call has ${count} ${what}, the most is ${most}`);
}

function invalid(message: string): BindingFault {
  return new BindingFault("ERR_BINDING_INVALID", message);
}
