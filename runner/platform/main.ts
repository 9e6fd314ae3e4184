import type { HostCompute } from "../worker/cryptoPort.ts";
import type { HostDomainToAscii, HostEncodingIndex, HostRandom } from "../worker/hostPort.ts";
import {
  BOOT_GLOBAL,
  type BootFacts,
  type HostEnter,
  type HostSend,
  type IsolatePort,
  type ModuleBody,
  REGISTER_GLOBAL,
} from "../worker/isolatePort.ts";
import { BASE64_GLOBALS } from "./base64.ts";
import { withBindings } from "./bindings/env.ts";
import { freezeClocks, setClock, startClock } from "./clock.ts";
import { takeLateBuiltIns } from "./clone/serialize.ts";
import { CLONE_GLOBALS } from "./clone/structuredClone.ts";
import { console } from "./consoleNamespace.ts";
import { CRYPTO_CLASSES, Crypto, crypto } from "./crypto/crypto.ts";
import { enter, register } from "./dispatcher.ts";
import { DOMException } from "./domException.ts";
import { TextDecoder } from "./encoding/textDecoder.ts";
import { TextEncoder } from "./encoding/textEncoder.ts";
import { AbortController, AbortSignal } from "./events/abort.ts";
import { CustomEvent } from "./events/customEvent.ts";
import { ErrorEvent, PromiseRejectionEvent } from "./events/errorEvents.ts";
import { Event } from "./events/event.ts";
import { EventTarget } from "./events/eventTarget.ts";
import { defineGlobalHandlers, EVENT_GLOBALS } from "./events/globalEvents.ts";
import { fetch } from "./fetch/fetch.ts";
import { FormData } from "./fetch/formData.ts";
import { Headers } from "./fetch/headers.ts";
import { Request } from "./fetch/request.ts";
import { Response } from "./fetch/response.ts";
import { Blob } from "./file/blob.ts";
import { File } from "./file/file.ts";
import { installHost } from "./host.ts";
import { countTransfers, disableCodeFromStrings, refuseResizableBuffers, removeDangerousGlobals } from "./lockdown.ts";
import { MessageChannel } from "./messaging/messageChannel.ts";
import { MessageEvent } from "./messaging/messageEvent.ts";
import { MessagePort } from "./messaging/messagePort.ts";
import { moduleValue, takeModules } from "./modules.ts";
import { Navigator, navigator } from "./navigator.ts";
import { Performance, performance } from "./performance.ts";
import { defineGlobal, defineLazyGlobal, defineProperty, jsonParse, settle } from "./primordials.ts";
import { QuotaExceededError } from "./quotaExceededError.ts";
import { CompressionStream, DecompressionStream } from "./streams/compression.ts";
import { STREAM_CLASSES, streams } from "./streams/streams.ts";
import { TextDecoderStream, TextEncoderStream } from "./streams/textStreams.ts";
import { TASK_GLOBALS } from "./taskGlobals.ts";
import { URL } from "./url/url.ts";
import { URLSearchParams } from "./url/urlSearchParams.ts";
import { urlPatternClass } from "./urlPattern/lazy.ts";
import { boundWebAssembly } from "./wasm/namespace.ts";

/** Most functions store no answers: the bundler keeps it a call away. */
declare const require: (name: "./bindings/caches.ts") => typeof import("./bindings/caches.ts");

const INTERFACES = {
  AbortController,
  AbortSignal,
  Blob,
  CompressionStream,
  Crypto,
  CustomEvent,
  DOMException,
  DecompressionStream,
  ErrorEvent,
  Event,
  EventTarget,
  File,
  FormData,
  Headers,
  MessageChannel,
  MessageEvent,
  MessagePort,
  Navigator,
  Performance,
  PromiseRejectionEvent,
  QuotaExceededError,
  Request,
  Response,
  TextDecoder,
  TextDecoderStream,
  TextEncoder,
  TextEncoderStream,
  URL,
  URLSearchParams,
  console,
};

const MEMBERS = {
  ...BASE64_GLOBALS,
  ...CLONE_GLOBALS,
  ...EVENT_GLOBALS,
  ...TASK_GLOBALS,
  crypto,
  fetch,
  navigator,
  performance,
  self: globalThis,
};

for (const [name, value] of Object.entries(INTERFACES)) defineGlobal(name, value);
for (const [name, value] of Object.entries(MEMBERS)) defineGlobal(name, value, true);
for (const name of STREAM_CLASSES) defineLazyGlobal(name, () => streams()[name]);
for (const [name, load] of Object.entries(CRYPTO_CLASSES)) defineLazyGlobal(name, load);
defineLazyGlobal("caches", () => require("./bindings/caches.ts").caches);
defineGlobalHandlers();
defineLazyGlobal("URLPattern", urlPatternClass);

/**
 * Called once by the worker, before any tenant code: gives the platform its host and returns the ways in. Entries that run on
 * the host's own thread speak to it at once, others leave what they say behind: waiting for the host would cost them 50 times as much.
 */
function boot(
  sendNow: HostSend,
  sendLater: HostSend,
  random: HostRandom,
  compute: HostCompute,
  domainToAscii: HostDomainToAscii,
  encodingIndex: HostEncodingIndex,
): IsolatePort {
  // Here and not above: a context made from a snapshot gets such globals again.
  removeDangerousGlobals();
  disableCodeFromStrings();
  freezeClocks();
  refuseResizableBuffers();
  countTransfers();
  takeLateBuiltIns();
  boundWebAssembly();
  let sendEntry = sendLater;
  const send: HostSend = (kind, call, id, text, body) => sendEntry(kind, call, id, text, body);
  const enterBy =
    (entrySend: HostSend): HostEnter =>
    (kind, call, id, text, wallMs, monotonicMs, body) => {
      setClock(wallMs, monotonicMs);
      sendEntry = entrySend;
      enter(kind, call, id, text, body);
    };
  const configure = (factsJson: string, wallMs: number, monotonicMs: number, ...modules: ModuleBody[]) => {
    startClock(wallMs, monotonicMs);
    const facts = jsonParse(factsJson) as BootFacts;
    withBindings(facts);
    installHost({ send, random, compute, domainToAscii, encodingIndex, facts });
    takeModules(facts.modules, modules);
    defineProperty(globalThis, REGISTER_GLOBAL, { value: { register, moduleValue }, configurable: true });
  };
  const run: IsolatePort["run"] = (factory) => {
    Reflect.deleteProperty(globalThis, REGISTER_GLOBAL);
    settle(
      factory(moduleValue),
      (exported) => register(exported as Readonly<Record<string, unknown>>),
      // Taken by nobody here, it reaches the host, which says where it came from.
      (error) => {
        throw error;
      },
    );
  };
  return { now: enterBy(sendNow), later: enterBy(sendLater), configure, run };
}

defineProperty(globalThis, BOOT_GLOBAL, { value: boot, configurable: true });
