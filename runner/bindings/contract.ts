/** What bindings are to a function, for the type of its `Env`: `{ NOTES: KvNamespace; USERS: FunctionBinding }`. Types only. */

/** Another function of the fleet, asked without leaving the node. */
export interface FunctionBinding {
  /** As the global `fetch`, but redirects are answers. The URL's host is what the other function sees and nothing else. */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response>;
}

/** Forms in which a value is given. */
export type KvType = "text" | "json" | "arrayBuffer" | "stream";

export interface KvPutOptions {
  /** Second of the wall clock at which the key is gone, 60 s ahead or more. Default: never. */
  readonly expiration?: number;
  /** The same, in seconds from now. */
  readonly expirationTtl?: number;
  /** What has a JSON form of up to 1,024 bytes. Default: null. */
  readonly metadata?: unknown;
}

export interface KvListOptions {
  /** Default: all keys. */
  readonly prefix?: string;
  /** 1 to 1,000. Default: 1,000. */
  readonly limit?: number;
  /** Of the page before. */
  readonly cursor?: string;
}

export interface KvKey {
  readonly name: string;
  readonly expiration?: number;
  readonly metadata?: unknown;
}

export type KvPage =
  | { readonly keys: readonly KvKey[]; readonly list_complete: true }
  | { readonly keys: readonly KvKey[]; readonly list_complete: false; readonly cursor: string };

/** Keys and values, as Cloudflare's KV has them. Every method rejects with a {@link BindingError}. */
export interface KvNamespace {
  /** @returns null where there is no such key. */
  get(key: string, type?: "text" | { readonly type?: "text" }): Promise<string | null>;
  get<T = unknown>(key: string, type: "json" | { readonly type: "json" }): Promise<T | null>;
  get(key: string, type: "arrayBuffer" | { readonly type: "arrayBuffer" }): Promise<ArrayBuffer | null>;
  get(key: string, type: "stream" | { readonly type: "stream" }): Promise<ReadableStream | null>;
  getWithMetadata(
    key: string,
    type?: KvType | { readonly type?: KvType },
  ): Promise<{ readonly value: unknown; readonly metadata: unknown }>;
  /** Resolves when the value is on disk. */
  put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView | ReadableStream,
    options?: KvPutOptions,
  ): Promise<void>;
  /** Resolves when the key is gone from disk, or was not there. */
  delete(key: string): Promise<void>;
  list(options?: KvListOptions): Promise<KvPage>;
}

/** Answers that a function has stored on this node, given again by the rules of RFC 9111. */
export interface EdgeCache {
  /**
   * @param options `ignoreMethod`: a request that is no GET may have the answer to one. Default: false.
   * @returns undefined where there is none that may be given now. A 304 where the request's validators fit.
   */
  match(request: Request | URL | string, options?: { readonly ignoreMethod?: boolean }): Promise<Response | undefined>;
  /**
   * Stores an answer until it is stale or room is needed; one that a shared cache may not keep is not stored, without a word.
   *
   * @throws TypeError for another method than GET, for 206 and for `vary: *`.
   */
  put(request: Request | URL | string, response: Response): Promise<void>;
  /** @returns whether there was one. */
  delete(request: Request | URL | string, options?: { readonly ignoreMethod?: boolean }): Promise<boolean>;
}

/** The global `caches`: `declare const caches: EdgeCaches`. A function's caches are its own. */
export interface EdgeCaches {
  readonly default: EdgeCache;
  /** Another cache, by a name of up to 127 bytes. */
  open(name: string): Promise<EdgeCache>;
}

/** An operation of a binding failed; `name` is `BindingError`. When it escapes the handler, the answer is the error of its code. */
export interface BindingError extends Error {
  /** One of `ERR_BINDING_…`. */
  readonly code: string;
  readonly remedy: string;
  /** The store's own code; null where it has none. */
  readonly storeCode: string | null;
}
