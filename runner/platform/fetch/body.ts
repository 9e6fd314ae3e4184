import { utf8Text } from "../encoding.ts";
import { type Blob, newBlob } from "../file/blob.ts";
import { charCodeAt, defineProperty, getOwnPropertyDescriptor, jsonParse, ownKeys, sliceText } from "../primordials.ts";
import { parseForm } from "../url/formUrlencoded.ts";
import type { BodyHolder, BodySource } from "./bodyHolder.ts";
import { drain } from "./extractBody.ts";
import { type FormData, newFormData } from "./formData.ts";
import type { Header } from "./headerList.ts";
import { type MimeType, mimeTypeOf, serializeMimeType } from "./mimeType.ts";
import { parseMultipart } from "./multipart.ts";

/** What a request and a response have in common. */
export interface Message {
  /** The headers; always the list itself, whoever changes it. */
  readonly list: Header[];
  body: BodyHolder | null;
}

/** Fetch's mixin `Body`. */
export interface BodyMembers {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  formData(): Promise<FormData>;
  json(): Promise<unknown>;
  text(): Promise<string>;
}

/** Adds the members to an interface. @param messageOf throws TypeError for what is no such object */
export function defineBody(
  Class: abstract new (...args: never[]) => object,
  messageOf: (owner: object) => Message,
): void {
  const members = {
    get body(): ReadableStream | null {
      return messageOf(this).body?.stream ?? null;
    },
    get bodyUsed(): boolean {
      return messageOf(this).body?.isUsed ?? false;
    },
    async arrayBuffer(): Promise<ArrayBuffer> {
      const bytes = await drain(sourceIn(messageOf(this)));
      return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
    },
    async blob(): Promise<Blob> {
      const message = messageOf(this);
      const type = mimeTypeOf(message.list);
      return newBlob(await drain(sourceIn(message)), type === undefined ? "" : serializeMimeType(type));
    },
    async bytes(): Promise<Uint8Array<ArrayBuffer>> {
      return drain(sourceIn(messageOf(this)));
    },
    async formData(): Promise<FormData> {
      const message = messageOf(this);
      return formIn(await drain(sourceIn(message)), mimeTypeOf(message.list));
    },
    async json(): Promise<unknown> {
      return jsonParse(await textOf(sourceIn(messageOf(this))));
    },
    async text(): Promise<string> {
      return textOf(sourceIn(messageOf(this)));
    },
  };
  for (const key of ownKeys(members)) {
    defineProperty(Class.prototype, key, getOwnPropertyDescriptor(members, key) as PropertyDescriptor);
  }
}

/** The body, which counts as read from now on. What is wrong with it is thrown at once: the promise that a reader gets is rejected then. */
function sourceIn({ body }: Message): BodySource {
  return body === null ? "" : body.take();
}

async function textOf(source: BodySource): Promise<string> {
  if (typeof source !== "string") return utf8Text(await drain(source));
  return charCodeAt(source, 0) === 0xfeff ? sliceText(source, 1) : source;
}

function formIn(bytes: Uint8Array<ArrayBuffer>, type: MimeType | undefined): FormData {
  const boundary = type?.parameters.get("boundary");
  if (type?.essence === "multipart/form-data" && boundary !== undefined) return parseMultipart(bytes, boundary);
  if (type?.essence === "application/x-www-form-urlencoded") return newFormData(parseForm(utf8Text(bytes, true)));
  const what = type === undefined ? "no content type" : `the content type ${serializeMimeType(type)}`;
  throw new TypeError(
    `A body with ${what} is no form: multipart/form-data or application/x-www-form-urlencoded is needed`,
  );
}
