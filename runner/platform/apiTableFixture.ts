import { STREAM_API } from "./streams/apiTableFixture.ts";

/** What one global of the platform is called with in the hostile-prototype tests. */
export interface ApiRow {
  /** Own properties of the global, and of its prototype with a dot before each; symbols and `constructor` apart. */
  readonly members: string;
  /** Body of an async function that uses all of it; what it returns must be the same among hostile prototypes. */
  readonly use: string;
}

/** What is in `env`, by kind. */
export const BINDINGS: Readonly<Record<string, Pick<ApiRow, "use">>> = {
  "env: function": {
    use: `const { SURVEY } = env; const said = []; for (const url of ["ftp://u/", "users"]) try { await SURVEY.fetch(url); } catch (e) { said.push(e.name + e.message); }
      const answer = await SURVEY.fetch(new Request("http://survey.internal/", { method: "POST", body: "x", headers: { "x-a": "1" } })); return [said, answer.status, (await answer.text()).length, answer.url];`,
  },
  "env: kv": {
    use: `const { NOTES } = env; await NOTES.put("k", "v", { metadata: { n: 1 }, expirationTtl: 600 }); await NOTES.put("large", new Uint8Array(300_000)); const errors = [];
      const { value, metadata } = await NOTES.getWithMetadata("k"); const { keys } = await NOTES.list({ prefix: "k", limit: 5 });
      const stream = await NOTES.get("large", "stream"); let bytes = 0; for (const reader = stream.getReader();;) { const r = await reader.read(); if (r.done) break; bytes += r.value.length; }
      for (const run of [() => NOTES.get(""), () => NOTES.put("k", {}), () => NOTES.get("k", "blob")]) try { await run(); } catch (e) { errors.push(e.name + e.message); }
      const json = (await NOTES.put("j", "[1]"), await NOTES.get("j", "json")); await NOTES.delete("k"); return [value, metadata, keys.length, bytes, errors, json, await NOTES.get("k", "arrayBuffer")];`,
  },
  "env: sql": {
    use: `const { DB } = env; await DB.exec("CREATE TABLE IF NOT EXISTS t (a INTEGER, b TEXT, c BLOB); DELETE FROM t"); const errors = []; const add = DB.prepare("INSERT INTO t VALUES (?, ?, ?)");
      const { meta, success } = await add.bind(true, "x", new Uint8Array([1, 2])).run(); const [, rows] = await DB.batch([add.bind(2, null, null), DB.prepare("SELECT a, b FROM t ORDER BY a")]); const select = DB.prepare(" SELECT * FROM t WHERE a = ?");
      for (const run of [() => DB.prepare("SELEC").all(), () => add.bind(1n), () => DB.batch([1]), () => select.bind(1).first("d")]) try { await run(); } catch (e) { errors.push(e.name + e.message); }
      const { c } = await select.bind(1).first(); return [meta.changes, meta.last_row_id > 0, success, rows.results, [...c], await select.bind(1).first("b"), await select.bind(9).first(), await select.bind(2).raw({ columnNames: true }), errors];`,
  },
};

const CRYPTO_USE = `const { subtle } = crypto; const data = new Uint8Array(3).fill(7); const first = (buffer) => new Uint8Array(buffer)[0]; const iv = new Uint8Array(12); const out = [];
  const key = await subtle.importKey("raw", new Uint8Array(9), { name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]); const signature = await subtle.sign("HMAC", key, data);
  out.push(first(signature), await subtle.verify("HMAC", key, signature, data), first(await subtle.digest("SHA-1", data)), first(await subtle.digest("SHA-256", new Uint8Array(70_000))), JSON.stringify(await subtle.exportKey("jwk", key)));
  const password = await subtle.importKey("raw", data, "PBKDF2", false, ["deriveBits", "deriveKey"]); const derivation = { name: "PBKDF2", hash: "SHA-1", salt: data, iterations: 2 }; out.push(first(await subtle.deriveBits(derivation, password, 64)));
  const aes = await subtle.deriveKey(derivation, password, { name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt", "wrapKey", "unwrapKey"]); const sealed = await subtle.encrypt({ name: "AES-GCM", iv }, aes, data); out.push(first(sealed), first(await subtle.decrypt({ name: "AES-GCM", iv }, aes, sealed)));
  const wrapped = await subtle.wrapKey("jwk", key, aes, { name: "AES-GCM", iv }); const again = await subtle.unwrapKey("jwk", wrapped, aes, { name: "AES-GCM", iv }, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]); out.push(first(await subtle.sign("HMAC", again, data)));
  for (const algorithm of [{ name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }, { name: "ECDSA", namedCurve: "P-384", hash: "SHA-256" }, { name: "Ed25519" }]) { const pair = await subtle.generateKey(algorithm, true, ["sign", "verify"]); const jwk = await subtle.exportKey("jwk", pair.publicKey);
    const known = await subtle.importKey("jwk", jwk, algorithm, true, ["verify"]); out.push(await subtle.verify(algorithm, known, await subtle.sign(algorithm, pair.privateKey, data), data), jwk.kty, (await subtle.exportKey("spki", known)).byteLength); } return out.join();`;

const DOM_CODES =
  "ABORT_ERR DATA_CLONE_ERR DOMSTRING_SIZE_ERR HIERARCHY_REQUEST_ERR INDEX_SIZE_ERR INUSE_ATTRIBUTE_ERR INVALID_ACCESS_ERR INVALID_CHARACTER_ERR INVALID_MODIFICATION_ERR INVALID_NODE_TYPE_ERR INVALID_STATE_ERR NAMESPACE_ERR " +
  "NETWORK_ERR NOT_FOUND_ERR NOT_SUPPORTED_ERR NO_DATA_ALLOWED_ERR NO_MODIFICATION_ALLOWED_ERR QUOTA_EXCEEDED_ERR SECURITY_ERR SYNTAX_ERR TIMEOUT_ERR TYPE_MISMATCH_ERR URL_MISMATCH_ERR VALIDATION_ERR WRONG_DOCUMENT_ERR";

/** Every global that the platform adds to the language's own, with all its members: a new one has no row, and the test says so. */
export const API: Readonly<Record<string, ApiRow>> = {
  ...STREAM_API,
  onrejectionhandled: {
    members: "",
    use: `const was = onrejectionhandled; onrejectionhandled = () => {}; const kind = typeof onrejectionhandled; onrejectionhandled = null; return [was, kind, onrejectionhandled];`,
  },
  onunhandledrejection: {
    members: "",
    use: `const was = onunhandledrejection; onunhandledrejection = () => {}; const kind = typeof onunhandledrejection; onunhandledrejection = null; return [was, kind, onunhandledrejection];`,
  },
  onerror: {
    members: "",
    use: `const was = onerror; onerror = () => {}; const kind = typeof onerror; onerror = null; return [was, kind, onerror];`,
  },
  reportError: {
    members: "",
    use: `let heard; onerror = (...args) => { heard = args[4].message; return true; }; reportError(new Error("reported")); onerror = null; reportError(new Error("logged")); return heard;`,
  },
  dispatchEvent: { members: "", use: `return dispatchEvent(new Event("nobody"));` },
  removeEventListener: {
    members: "",
    use: `let heard = 0; const hear = () => heard++; addEventListener("own2", hear); removeEventListener("own2", hear); dispatchEvent(new Event("own2")); return heard;`,
  },
  addEventListener: {
    members: "",
    use: `let heard = 0; const hear = () => heard++; addEventListener("own", hear, { once: true }); dispatchEvent(new Event("own")); dispatchEvent(new Event("own")); return heard;`,
  },
  Performance: { members: ".now .timeOrigin .toJSON", use: `try { new Performance(); } catch (e) { return e.name; }` },
  MessageChannel: {
    members: ".port1 .port2",
    use: `const { port1, port2 } = new MessageChannel(); const heard = new Promise((resolve) => { port2.onmessage = resolve; }); port1.postMessage({ a: [1] }); const { data } = await heard; port1.close(); return data.a[0];`,
  },
  MessageEvent: {
    members: ".data .initMessageEvent .lastEventId .origin .ports .source",
    use: `const e = new MessageEvent("x", { data: 5, origin: "o", lastEventId: "i" }); const was = [e.data, e.origin, e.lastEventId, e.source, e.ports.length]; e.initMessageEvent("y", false, false, 6); return [was, e.data];`,
  },
  MessagePort: {
    members: ".close .onclose .onmessage .onmessageerror .postMessage .start",
    use: `const { port1, port2 } = new MessageChannel(); const inner = new MessageChannel(); const heard = new Promise((resolve) => port2.addEventListener("message", resolve)); port2.start(); port1.postMessage(inner.port1, [inner.port1]);
      const { data, ports } = await heard; const closed = new Promise((resolve) => { inner.port2.onclose = resolve; }); data.close(); return [ports.length, data === ports[0], (await closed).type];`,
  },
  Navigator: { members: ".userAgent", use: `try { new Navigator(); } catch (e) { return e.name; }` },
  PromiseRejectionEvent: {
    members: ".promise .reason",
    use: `const e = new PromiseRejectionEvent("x", { promise: Promise.resolve(), reason: 1 }); return [typeof e.promise, e.reason];`,
  },
  ErrorEvent: {
    members: ".colno .error .filename .lineno .message",
    use: `const e = new ErrorEvent("error", { message: "m", filename: "f", lineno: 1, colno: 2, error: 3 }); return [e.message, e.filename, e.lineno, e.colno, e.error];`,
  },
  AbortController: {
    members: ".abort .signal",
    use: `const c = new AbortController(); let heard = 0; c.signal.addEventListener("abort", () => heard++); c.abort("why"); return [heard, c.signal.aborted, c.signal.reason];`,
  },
  AbortSignal: {
    members: "abort any timeout .aborted .onabort .reason .throwIfAborted",
    use: `const late = AbortSignal.timeout(1); await new Promise((r) => setTimeout(r, 5)); const any = AbortSignal.any([new AbortController().signal, AbortSignal.abort(1)]);
      let threw; try { any.throwIfAborted(); } catch (e) { threw = e; } return [late.reason.name, any.aborted, threw];`,
  },
  Blob: {
    members: ".arrayBuffer .bytes .size .slice .stream .text .type",
    use: `const b = new Blob(["a\\r\\n", new Uint8Array([98]), new Blob(["é"])], { type: "Text/Plain", endings: "native" }); const part = b.slice(1, -1, "x/y"); const streamed = []; for await (const c of b.stream()) streamed.push(c.length);
      return [b.size, b.type, await b.text(), (await part.bytes()).join(), part.type, (await b.arrayBuffer()).byteLength, streamed.join()];`,
  },
  caches: {
    members: "default open",
    use: `const c = caches.default; const other = await caches.open("x"); const said = []; const fresh = () => new Response("kept", { headers: { "cache-control": "max-age=60", vary: "accept" } }); const key = new Request("https://a.example/x", { headers: { accept: "a" } });
      await c.put(key, fresh()); await c.put("https://a.example/big", new Response(new Uint8Array(300_000), { headers: { "cache-control": "max-age=60" } })); const found = await c.match(key); const bytes = (await (await c.match("https://a.example/big")).arrayBuffer()).byteLength;
      for (const run of [() => c.put("data:,x", fresh()), () => c.put(key, "x"), () => c.put(key, new Response("", { status: 206 })), () => c.match()]) try { await run(); } catch (e) { said.push(e.name + e.message); }
      return [found.status, await found.text(), bytes, said, await other.match(key), await c.delete(key), await c.match(key)];`,
  },
  Crypto: {
    members: ".getRandomValues .randomUUID .subtle",
    use: "return [crypto instanceof Crypto, crypto.subtle === crypto.subtle, crypto.getRandomValues(new Uint16Array(3)).length];",
  },
  CryptoKey: {
    members: ".algorithm .extractable .type .usages",
    use: `const k = await crypto.subtle.importKey("raw", new Uint8Array(4), { name: "HMAC", hash: "SHA-1" }, true, ["sign"]); return [k.type, k.extractable, k.usages.join(), k.algorithm.name, k instanceof CryptoKey];`,
  },
  CustomEvent: {
    members: ".detail .initCustomEvent",
    use: `const e = new CustomEvent("x", { detail: 5 }); e.initCustomEvent("y", true, true, 6); return [e.detail, e.type];`,
  },
  DOMException: {
    members: `${DOM_CODES} ${DOM_CODES.replace(/\w+/g, ".$&")} .code .message`,
    use: `const e = new DOMException("m", "AbortError"); return [e.name, e.message, e.code];`,
  },
  Event: {
    members:
      "AT_TARGET BUBBLING_PHASE CAPTURING_PHASE NONE .AT_TARGET .BUBBLING_PHASE .CAPTURING_PHASE .NONE .bubbles .cancelBubble .cancelable .composed .composedPath .currentTarget .defaultPrevented .eventPhase .initEvent .preventDefault .returnValue .srcElement .stopImmediatePropagation .stopPropagation .target .timeStamp .type",
    use: `const e = new Event("x", { cancelable: true }); e.preventDefault(); e.stopPropagation(); e.stopImmediatePropagation(); e.cancelBubble = true; e.returnValue = false; const was = e.type; e.initEvent("y", true, true); return [was, e.type, e.bubbles, e.cancelable, e.composed, e.defaultPrevented, e.eventPhase, e.isTrusted, e.target, e.srcElement, e.currentTarget, e.composedPath().length, e.timeStamp >= 0];`,
  },
  EventTarget: {
    members: ".addEventListener .dispatchEvent .removeEventListener",
    use: `const t = new EventTarget(); const seen = []; const gone = () => seen.push("gone"); t.addEventListener("x", { handleEvent: (e) => seen.push(e.type) }); t.addEventListener("x", gone);
      t.removeEventListener("x", gone); t.dispatchEvent(new Event("x")); return seen.join();`,
  },
  File: {
    members: ".lastModified",
    use: `const f = new File(["abc"], "a.txt", { type: "text/plain", lastModified: 5 }); return [f.name, f.lastModified, f.size, f.type, await f.text(), f instanceof Blob];`,
  },
  FormData: {
    members: ".append .delete .entries .forEach .get .getAll .has .keys .set .values",
    use: `const f = new FormData(); f.append("a", "1"); f.append("a", "2"); f.append("f", new Blob(["x"]), "x.txt"); f.set("b", "3"); f.delete("none"); const each = []; f.forEach((v, k) => each.push(k));
      const back = await new Response(f).formData(); const form = await new Response(new URLSearchParams("q=1&r=2")).formData();
      return [f.get("a"), f.getAll("a").join(), f.has("b"), [...f.keys()].join(), [...f.values()].length, [...f.entries()].length, each.join(), back.get("f").name, await back.get("f").text(), form.get("r")];`,
  },
  Headers: {
    members: ".append .delete .entries .forEach .get .getSetCookie .has .keys .set .values",
    use: `const h = new Headers({ a: "1", B: "2" }); h.append("a", "3"); h.append("set-cookie", "x=1"); h.set("c", "4"); h.delete("b"); const each = []; h.forEach((v, k) => each.push(k));
      return [h.get("A"), h.has("c"), h.getSetCookie().join(), [...h.keys()].join(), [...h.values()].join(), [...h.entries()].length, each.join()];`,
  },
  QuotaExceededError: {
    members: ".quota .requested",
    use: `const e = new QuotaExceededError("m", { quota: 1, requested: 2 }); let threw; try { new QuotaExceededError("", { quota: -1 }); } catch (x) { threw = x.name; } return [e.name, e.message, e.code, e.quota, e.requested, e instanceof DOMException, threw];`,
  },
  Request: {
    members:
      ".arrayBuffer .blob .body .bodyUsed .bytes .cache .clone .credentials .destination .duplex .edge .formData .headers .integrity " +
      ".isHistoryNavigation .isReloadNavigation .json .keepalive .method .mode .redirect .referrer .referrerPolicy .signal .text .url",
    use: `const r = new Request("https://a.example/x", { method: "post", body: "b", headers: { y: "z" } }); const c = r.clone(); return [r.method, r.url, r.headers.get("y"), await r.text(), await c.text(), c.redirect, request.edge.region];`,
  },
  Response: {
    members:
      "error json redirect .arrayBuffer .blob .body .bodyUsed .bytes .clone .formData .headers .json .ok .redirected .status .statusText .text .type .url",
    use: `const r = new Response("é", { status: 201, headers: { a: "b" } }); const c = r.clone(); const e = Response.error().type;
      return [r.ok, r.status, r.url, r.redirected, (await c.bytes()).length, await r.text(), await Response.json({ a: 1 }).json(), Response.redirect("https://a.example/").headers.get("location"), e, (await new Response("ab").arrayBuffer()).byteLength];`,
  },
  SubtleCrypto: {
    members:
      ".decrypt .deriveBits .deriveKey .digest .encrypt .exportKey .generateKey .importKey .sign .unwrapKey .verify .wrapKey",
    use: CRYPTO_USE,
  },
  TextDecoder: {
    members: ".decode .encoding .fatal .ignoreBOM",
    use: `const d = new TextDecoder(); return [d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }), d.decode(new Uint8Array([0xac])), ...["gb18030", "big5", "euc-jp", "iso-2022-jp", "shift_jis", "euc-kr"].map((label) => { const e = new TextDecoder(label); return e.decode(new Uint8Array([0x41, 0xb0, 0xa1, 0x81, 0x30, 0x81]), { stream: true }) + e.decode(new Uint8Array([0x30, 0xff])); })];`,
  },
  TextEncoder: {
    members: ".encode .encodeInto .encoding",
    use: `const e = new TextEncoder(); const b = new Uint8Array(4); return [e.encoding, e.encode("é€").length, e.encodeInto("é€", b).read, b[0]];`,
  },
  URL: {
    members:
      "canParse parse .hash .host .hostname .href .origin .password .pathname .port .protocol .search .searchParams .toJSON .toString .username",
    use: `const u = new URL("../b?x=1#h", "https://u:p@a.example:8080/c/d"); u.searchParams.set("y", "2"); u.hash = ""; u.host = "1.2"; u.pathname = "/ä b"; return [u.href, u.origin, URL.canParse("x"), URL.parse("http://ä.example").host, u.pathname];`,
  },
  URLPattern: {
    members: ".exec .hasRegExpGroups .hash .hostname .password .pathname .port .protocol .search .test .username",
    use: `const p = new URLPattern("https://*.a.example/:id(\\\\d+)/x?q#h", { ignoreCase: true }); const { pathname, hostname } = p.exec("https://b.a.example/5/x?q#h");
      return [pathname.groups.id, hostname.groups[0], p.test("https://a.example"), p.hasRegExpGroups, p.protocol, p.username, p.password, p.hostname, p.port, p.pathname, p.search, p.hash, new URLPattern({ pathname: "/:x" }).pathname];`,
  },
  URLSearchParams: {
    members: ".append .delete .entries .forEach .get .getAll .has .keys .set .size .sort .toString .values",
    use: `const p = new URLSearchParams("a=1&b=2&a=3"); p.append("c", "ä"); p.delete("b"); p.sort(); return [p.toString(), p.getAll("a").join(), p.has("c"), [...p].length];`,
  },
  WebAssembly: {
    members:
      "CompileError Exception Global Instance JSTag LinkError Memory Module RuntimeError Table Tag compile compileStreaming instantiate instantiateStreaming validate",
    use: `const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]); const seen = [WebAssembly.validate(bytes)]; const { exports } = await WebAssembly.instantiate(wasmModule);
      for (const name of ["compile", "compileStreaming", "instantiate", "instantiateStreaming"]) try { await WebAssembly[name](bytes); } catch (e) { seen.push(e.name); } return [seen.join(), exports.mem.buffer.byteLength];`,
  },
  "WebAssembly.Instance": {
    members: ".exports",
    use: `const { exports } = new WebAssembly.Instance(wasmModule); return [Object.keys(exports).join(), exports.mem.grow(1)];`,
  },
  "WebAssembly.Memory": {
    members: ".buffer .grow",
    use: `const m = new WebAssembly.Memory({ initial: 1, maximum: 3 }); let e; try { m.grow(3); } catch (x) { e = x.name; } return [m.grow(2), m.buffer.byteLength, e];`,
  },
  "WebAssembly.Module": {
    members: "customSections exports imports",
    use: `const { exports, imports, customSections } = WebAssembly.Module; let e; try { new WebAssembly.Module(new Uint8Array(8)); } catch (x) { e = x.name; }
      return [exports(wasmModule).map(({ name }) => name).join(), imports(wasmModule).length, customSections(wasmModule, "x").length, e];`,
  },
  "WebAssembly.Table": {
    members: ".get .grow .set",
    use: `const t = new WebAssembly.Table({ element: "externref", initial: 1 }, "first"); t.grow(1); t.set(1, "second"); return [t.length, t.get(0), t.get(1)];`,
  },
  atob: { members: "", use: `return atob("YWI=");` },
  btoa: { members: "", use: `return btoa("ab");` },
  clearInterval: {
    members: "",
    use: "let n = 0; const id = setInterval(() => { if (++n === 2) clearInterval(id); }, 1); while (n < 2) await new Promise((r) => setTimeout(r, 2)); await new Promise((r) => setTimeout(r, 5)); return n;",
  },
  clearTimeout: {
    members: "",
    use: "let n = 0; clearTimeout(setTimeout(() => n++, 1)); await new Promise((r) => setTimeout(r, 10)); return n;",
  },
  console: {
    members:
      "assert clear count countReset debug dir dirxml error group groupCollapsed groupEnd info log table time timeEnd timeLog trace warn",
    use: `for (const name of ["debug", "log", "info", "warn", "error", "trace", "dir", "dirxml", "group", "groupCollapsed"]) console[name]("hostile %s %d %o", { a: [1] }, new Error("x"), 1n, Symbol("s"), new Map([[1, new Set([2])]]), new Date(0));
      console.groupEnd(); console.clear(); console.count(); console.countReset(); console.time(); console.timeLog(); console.timeEnd(); console.table([{ a: 1 }, 5]); console.assert(false, "a"); return "said";`,
  },
  crypto: {
    members: "",
    use: "return [crypto.randomUUID().length, crypto.getRandomValues(new Uint8Array(40)).some((b) => b > 0)];",
  },
  fetch: {
    members: "",
    use: `const r = await fetch(env.ORIGIN + "/x", { method: "POST", body: "abc", headers: { "x-own": "1" } }); const big = await fetch(env.ORIGIN + "/big"); let refused; try { await fetch("http://127.0.0.1:1/"); } catch (e) { refused = e.name; }
      return [r.status, await r.text(), (await big.bytes()).length, refused];`,
  },
  navigator: { members: "", use: "return navigator.userAgent;" },
  performance: {
    members: "",
    use: "return [performance.now() >= 0, performance.timeOrigin > 0, typeof performance.toJSON().timeOrigin];",
  },
  queueMicrotask: { members: "", use: "let n = 0; queueMicrotask(() => n++); await null; await null; return n;" },
  setInterval: {
    members: "",
    use: "let n = 0; const id = setInterval(() => n++, 1); while (n < 3) await new Promise((r) => setTimeout(r, 2)); clearInterval(id); return n > 2;",
  },
  setTimeout: { members: "", use: `return await new Promise((r) => setTimeout((a, b) => r(a + b), 2, "a", "b"));` },
  structuredClone: {
    members: "",
    use: `const c = structuredClone(new Map([[1, new Set(["a", new Date(5)])]])); const b = new ArrayBuffer(3); const d = structuredClone({ b, e: new RangeError("x"), r: /x/g, v: new Uint16Array(2), l: [1, , 2], x: new DOMException("m") }, { transfer: [b] });
      let refused; try { structuredClone(() => {}); } catch (e) { refused = e.name; } return [[...c.get(1)].map(Number).join(), d.b.byteLength, d.e.message, d.r.source, d.v.length, d.l.length, d.x.message, refused];`,
  },
};
