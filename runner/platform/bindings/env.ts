import type { BoundKind } from "../../bindings/kinds.ts";
import type { BootFacts } from "../../worker/isolatePort.ts";
import { defineProperty, freeze } from "../primordials.ts";

/** Most functions have no binding of a kind: the bundler keeps each kind's code a call away. */
declare const require: {
  (name: "./kv.ts"): typeof import("./kv.ts");
  (name: "./neighbour.ts"): typeof import("./neighbour.ts");
  (name: "./postgres.ts"): typeof import("./postgres.ts");
  (name: "./redis.ts"): typeof import("./redis.ts");
  (name: "./sql.ts"): typeof import("./sql.ts");
};

const MAKERS: Readonly<Record<BoundKind, (name: string) => object>> = {
  assets: (name) => new (require("./neighbour.ts").Neighbour)(name),
  function: (name) => new (require("./neighbour.ts").Neighbour)(name),
  kv: (name) => new (require("./kv.ts").KvNamespace)(name),
  sql: (name) => new (require("./sql.ts").SqlDatabase)(name),
  postgres: (name) => new (require("./postgres.ts").PostgresDatabase)(name),
  redis: (name) => new (require("./redis.ts").RedisClient)(name),
};

/** Puts a function's bindings beside its variables; each is made when it is first asked for. */
export function withBindings({ env, bindings }: BootFacts): void {
  for (const name of Object.keys(bindings)) {
    const make = MAKERS[(bindings[name] as BootFacts["bindings"][string]).kind];
    let made: object | undefined;
    const get = () => {
      made ??= make(name);
      return made;
    };
    defineProperty(env, name, { get, enumerable: true });
  }
  freeze(env);
}
