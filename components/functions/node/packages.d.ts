/** Packages under the names by which they can be told from Node's own modules; they are what those modules are, as far as they go. */
declare module "buffer/" {
  export { Buffer, constants, kMaxLength } from "node:buffer";
  export const INSPECT_MAX_BYTES: number;
  export const SlowBuffer: unknown;
}
declare module "events/" {
  export { EventEmitter as default } from "node:events";
}
declare module "path-browserify" {
  export { posix as default } from "node:path";
}
declare module "unenv/node/url" {
  import url from "node:url";

  const portable: typeof url & { readonly Url: unknown; resolveObject(from: string, to: string): unknown };
  export default portable;
}
declare module "unenv/node/querystring" {
  export { default } from "node:querystring";
}
