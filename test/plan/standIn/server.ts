/**
 * A stand-in for a provider plugin, at the cloud's own border: the real engine previews, diffs and "creates" the real program with it, without an
 * account. It proves the program and never the cloud. `node server.ts <package> …`; what it does not know is an error.
 *
 * EDGE_STAND_IN_FAIL=<operation>:<part of a URN> makes that operation fail.
 */
import protocol from "@pulumi/pulumi/proto/provider_pb.js";
import * as provider from "@pulumi/pulumi/provider/index.js";
import { refusals } from "./arguments.ts";
import { type BucketInputs, makeBucket, removeBucket } from "./buckets.ts";
import { LOOKUPS } from "./lookups.ts";
import { AWS_TYPES, DOCKER_TYPES, hash, type TypeFacts } from "./types.ts";

// The library's server reads properties that the engine leaves out where something is imported.
const { getProperties } = protocol.ReadRequest.prototype;
protocol.ReadRequest.prototype.getProperties = function () {
  return getProperties.call(this) ?? ({ toJavaScript: () => ({}) } as never);
};

/** Region of what is imported: the provider's own, which the shipped `Pulumi.bootstrap.yaml` names. */
const HOME = "us-east-1";

type Properties = Readonly<Record<string, unknown>>;

const PACKAGES: Readonly<
  Record<string, { readonly version: string; readonly types: Readonly<Record<string, TypeFacts>> }>
> = {
  aws: { version: "7.48.0", types: AWS_TYPES },
  docker: { version: "5.2.0", types: DOCKER_TYPES },
};

class StandIn implements provider.Provider {
  readonly version: string;
  readonly schema = "{}";
  readonly #types: Readonly<Record<string, TypeFacts>>;

  constructor(name: string) {
    const found = PACKAGES[name];
    if (found === undefined) throw new Error(`no stand-in for the package ${name}`);
    this.version = found.version;
    this.#types = found.types;
  }

  async check(urn: string, _olds: Properties, news: Properties): Promise<provider.CheckResult> {
    this.#facts(urn);
    failIfAsked("check", urn);
    return { inputs: news, failures: refusals(typeOf(urn), news).map((reason) => ({ property: "", reason })) };
  }

  async diff(_id: string, urn: string, olds: Properties, news: Properties): Promise<provider.DiffResult> {
    const { replacedBy } = this.#facts(urn);
    const differs = (key: string) => canonical(olds[key]) !== canonical(news[key]);
    const changed = Object.keys(news).filter(differs);
    const computed = new Set(Object.keys(this.#computed(urn, "id", news)));
    const removed = Object.keys(olds).filter((key) => !(key in news) && !computed.has(key) && key !== "id");
    const replaces = changed.filter((key) => replacedBy.includes(key) || key === "region");
    return {
      changes: changed.length + removed.length > 0,
      replaces,
      deleteBeforeReplace: "name" in news && replaces.length > 0,
    };
  }

  async create(urn: string, inputs: Properties): Promise<provider.CreateResult> {
    failIfAsked("create", urn);
    const id = `${this.#facts(urn).idPrefix}-${hash(urn).toString(16).padStart(8, "0")}`;
    if (isBucket(urn)) await makeBucket(inputs as unknown as BucketInputs);
    return { id, outs: { ...inputs, ...this.#computed(urn, id, inputs) } };
  }

  async update(id: string, urn: string, olds: Properties, news: Properties): Promise<provider.UpdateResult> {
    failIfAsked("update", urn);
    const computed = this.#computed(urn, id, news);
    const versions = "latestVersion" in computed ? { latestVersion: Number(olds.latestVersion) + 1 } : {};
    return { outs: { ...news, ...computed, ...versions } };
  }

  async read(id: string, urn: string, props: Properties): Promise<provider.ReadResult> {
    if (Object.keys(props).length > 0) return { id, props };
    const { importedBy } = this.#facts(urn);
    if (importedBy === undefined) throw new Error(`the stand-in has nothing to import as ${urn}`);
    const inputs = { [importedBy]: id, region: HOME };
    return { id, inputs, props: { ...inputs, ...this.#computed(urn, id, inputs) } };
  }

  async delete(_id: string, urn: string, props: Properties): Promise<void> {
    failIfAsked("delete", urn);
    if (isBucket(urn)) await removeBucket(props as unknown as BucketInputs);
  }

  async invoke(token: string, args: Properties): Promise<provider.InvokeResult> {
    const lookup = LOOKUPS[token];
    if (lookup === undefined) throw new Error(`the stand-in does not know the look-up ${token}`);
    return { outputs: lookup(args) };
  }

  #facts(urn: string): TypeFacts {
    const type = typeOf(urn);
    const facts = this.#types[type];
    if (facts === undefined) throw new Error(`the stand-in does not know the type ${type}`);
    return facts;
  }

  #computed(urn: string, id: string, inputs: Properties): Properties {
    return this.#facts(urn).computed({ id, inputs, region: typeof inputs.region === "string" ? inputs.region : "" });
  }
}

function isBucket(urn: string): boolean {
  return urn.split("::")[2]?.endsWith("aws:s3/bucket:Bucket") ?? false;
}

function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** Text that is the same for equal values, whatever the order of their keys. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, inner) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function failIfAsked(operation: string, urn: string): void {
  const [wanted, part] = (process.env.EDGE_STAND_IN_FAIL ?? "").split(":");
  if (wanted === operation && part !== undefined && urn.includes(part)) {
    throw new Error(`the stand-in was told to fail ${operation} of ${part}`);
  }
}

const [name = "", ...args] = process.argv.slice(2);
await provider.main(new StandIn(name), args);
