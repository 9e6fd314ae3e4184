import { charCodeAt, jsonStringify } from "../primordials.ts";
import { absoluteUrl } from "../url/url.ts";
import { serialise } from "../url/urlRecord.ts";
import { defineInterface, isObject, needArguments, shown, toByteString, toDictionary, toUsvString } from "../webidl.ts";
import { type BodyMembers, defineBody, type Message } from "./body.ts";
import { BodyHolder } from "./bodyHolder.ts";
import { type ExtractedBody, extractBody } from "./extractBody.ts";
import { copyOf, type Header, hasHeader } from "./headerList.ts";
import { type Headers, headersFrom, headersOver } from "./headers.ts";

type ResponseType = "basic" | "default" | "error";

interface ResponseState extends Message {
  readonly status: number;
  readonly statusText: string;
  readonly type: ResponseType;
  /** Without its fragment; empty where no fetch has brought it. */
  readonly url: string;
  readonly redirected: boolean;
  readonly isImmutable: boolean;
  headers: Headers | undefined;
}

/** In the place of a body: the init is a state. Tenant code cannot name it. */
const READY = Object.freeze({ __proto__: null });

let isOne: (value: unknown) => value is Response;
let stateOf: (response: Response) => ResponseState;

/** Fetch's `Response`. Its headers and its body's stream are made when somebody asks for them. */
export class Response {
  readonly #state: ResponseState;
  declare readonly body: BodyMembers["body"];
  declare readonly bodyUsed: BodyMembers["bodyUsed"];
  declare readonly arrayBuffer: BodyMembers["arrayBuffer"];
  declare readonly blob: BodyMembers["blob"];
  declare readonly bytes: BodyMembers["bytes"];
  declare readonly formData: BodyMembers["formData"];
  declare readonly json: BodyMembers["json"];
  declare readonly text: BodyMembers["text"];

  static {
    isOne = (value): value is Response => isObject(value) && #state in value;
    stateOf = (response) => response.#state;
    defineBody(Response, (owner) => (owner as Response).#state);
  }

  constructor(body: unknown = null, init: unknown = undefined) {
    if (body === READY) {
      this.#state = init as ResponseState;
      return;
    }
    const given = body === null ? null : extractBody(body);
    this.#state = stateFrom(given, readInit(init));
  }

  static error(): Response {
    return responseOf({ ...PLAIN, list: [], status: 0, type: "error", isImmutable: true });
  }
  static redirect(url: unknown, status: unknown = 302): Response {
    needArguments(arguments.length, 1, "Response.redirect");
    const text = toUsvString(url);
    const code = toUnsignedShort(status);
    const location = serialise(absoluteUrl(text));
    if (!(code === 301 || code === 302 || code === 303 || code === 307 || code === 308))
      throw new RangeError(`The status ${code} is no redirect: 301, 302, 303, 307 or 308 is`);
    return responseOf({ ...PLAIN, list: [["location", location]], status: code, isImmutable: true });
  }
  static json(data: unknown, init: unknown = undefined): Response {
    needArguments(arguments.length, 1, "Response.json");
    const read = readInit(init);
    const source = jsonStringify(data) as string | undefined;
    if (source === undefined) throw new TypeError("The value has no JSON form");
    return responseOf(stateFrom({ source, type: "application/json" }, read));
  }

  get type(): string {
    return this.#state.type;
  }
  get url(): string {
    return this.#state.url;
  }
  get redirected(): boolean {
    return this.#state.redirected;
  }
  get status(): number {
    return this.#state.status;
  }
  get ok(): boolean {
    const { status } = this.#state;
    return status >= 200 && status <= 299;
  }
  get statusText(): string {
    return this.#state.statusText;
  }
  get headers(): Headers {
    const state = this.#state;
    state.headers ??= headersOver(state.list, state.isImmutable);
    return state.headers;
  }
  clone(): Response {
    const state = this.#state;
    const body = state.body?.clone() ?? null;
    return responseOf({ ...state, list: copyOf(state.list), body, headers: undefined });
  }
}
defineInterface(Response, "Response");

const PLAIN: Omit<ResponseState, "list"> = Object.freeze({
  status: 200,
  statusText: "",
  type: "default",
  url: "",
  redirected: false,
  body: null,
  isImmutable: false,
  headers: undefined,
});

interface ReadInit {
  readonly headers: Header[];
  readonly status: number;
  readonly statusText: string;
}

/** Reads each member once, in the order of Web IDL. @throws TypeError */
function readInit(value: unknown): ReadInit {
  if (value === undefined || value === null) return { headers: [], status: 200, statusText: "" };
  const init = toDictionary(value, "The init of a response");
  const { headers } = init;
  const list = headers === undefined ? [] : headersFrom(headers);
  const { status } = init;
  const code = status === undefined ? 200 : toUnsignedShort(status);
  const { statusText } = init;
  return { headers: list, status: code, statusText: statusText === undefined ? "" : toByteString(statusText) };
}

function stateFrom(given: ExtractedBody | null, { headers, status, statusText }: ReadInit): ResponseState {
  if (status < 200 || status > 599) throw new RangeError(`The status ${status} is not between 200 and 599`);
  if (!isReasonPhrase(statusText)) throw new TypeError(`${shown(statusText)} cannot be the text of a status`);
  if (given !== null && isNullBodyStatus(status))
    throw new TypeError(`A response with the status ${status} cannot have a body`);
  if (given !== null && given.type !== null && !hasHeader(headers, "content-type"))
    headers[headers.length] = ["content-type", given.type];
  const body = given === null ? null : new BodyHolder(given.source);
  return {
    status,
    statusText,
    type: "default",
    url: "",
    redirected: false,
    list: headers,
    body,
    isImmutable: false,
    headers: undefined,
  };
}

/** Web IDL's `unsigned short`. */
function toUnsignedShort(value: unknown): number {
  return +(value as number) & 0xffff;
}

/** HTTP's `reason-phrase`. */
function isReasonPhrase(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = charCodeAt(text, index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return false;
  }
  return true;
}

function isNullBodyStatus(status: number): boolean {
  return status === 101 || status === 103 || status === 204 || status === 205 || status === 304;
}

function responseOf(state: ResponseState): Response {
  return new Response(READY, state);
}

/** What a fetch has brought. */
export function fetchedResponse(from: {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly list: Header[];
  readonly body: BodyHolder | null;
}): Response {
  const body = isNullBodyStatus(from.status) ? null : from.body;
  return responseOf({ ...from, body, type: "basic", isImmutable: true, headers: undefined });
}

export const isResponse = isOne;
export const responseState = stateOf;
