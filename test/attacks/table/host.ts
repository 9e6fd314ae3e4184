import type { Attack } from "../attack.ts";

const CPU = "ERR_LIMIT_CPU_MS";
const HEAP = "ERR_LIMIT_HEAP_MB";
const SUB_REQUESTS = "ERR_LIMIT_SUB_REQUESTS";

/** Work that the host does for a function: way out, log, random bytes, timers. */
export const HOST_ATTACKS: readonly Attack[] = [
  {
    name: "random-flood",
    code: "const b = new Uint8Array(65_536); for (;;) crypto.getRandomValues(b);",
    expect: [CPU],
    cost: "isolate",
  },
  { name: "timer-churn", code: "for (;;) clearTimeout(setTimeout(() => {}, 60_000));", expect: [CPU], cost: "isolate" },
  {
    name: "recursive-fetch",
    code: "try { const answer = await fetch(request.url, { headers: { 'x-attack': '1' } }); return new Response('leaked ' + answer.status); } catch (error) { return new Response('blocked ' + error.message); }",
    expect: ["blocked"],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "private-addresses",
    code: `const hosts = ["127.0.0.1", "localhost", "0", "0x7f000001", "2130706433", "017700000001", "127.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
      "169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "100.64.0.1", "192.168.0.1", "172.16.0.1", "198.18.0.1", "224.0.0.1", "[fe80::1]", "metadata.google.internal", "127.0.0.1.", "localhost."];
    const answers = await Promise.all(hosts.map((host) => fetch("http://" + host + "/", { signal: AbortSignal.timeout?.(2000) }).then((r) => host + " " + r.status, () => "")));
    const leaked = answers.filter(Boolean); return new Response(leaked.length === 0 ? "blocked" : "leaked " + leaked);`,
    expect: ["blocked"],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "other-schemes",
    code: "for (const url of ['file:///etc/passwd', 'ftp://127.0.0.1/', 'unix:/run/x', 'blob:null/x', 'javascript:1', 'about:blank', 'http://user:pw@127.0.0.1/', 'gopher://127.0.0.1', 'http+unix://x/']) { try { await fetch(url); return new Response('leaked ' + url); } catch {} } return new Response('blocked');",
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "sub-request-flood",
    code: "const all = await Promise.allSettled(Array.from({ length: 2_000 }, () => fetch('http://127.0.0.1/'))); return new Response('blocked ' + all.length);",
    expect: ["blocked", SUB_REQUESTS, CPU],
    cost: "isolate",
  },
  {
    name: "sub-request-headers",
    code: "try { await fetch('http://127.0.0.1/', { headers: Array.from({ length: 20_000 }, (_, i) => ['x-h' + i, 'v'.repeat(100)]) }); return new Response('leaked'); } catch (error) { return new Response('blocked'); }",
    expect: ["blocked", CPU],
    cost: "isolate",
  },
  {
    name: "json-bombs",
    code: `const a = [], b = Array(1_500).fill(a), bomb = Array(1_500).fill(b); Array.prototype.toJSON = null; Object.prototype.toJSON = () => bomb;
    const all = await Promise.allSettled([fetch("http://127.0.0.1/"), crypto.subtle.digest("SHA-256", new Uint8Array(9)), crypto.subtle.digest("SHA-256", new Uint8Array(70_000))]);
    delete Object.prototype.toJSON; delete Array.prototype.toJSON; return new Response(all[0].status === "rejected" ? "blocked" : "leaked");`,
    expect: ["blocked", CPU, HEAP],
    cost: "isolate",
    atOnce: 4,
    neighboursP99Ms: 1_000,
  },
  {
    name: "sub-request-smuggling",
    code: "for (const headers of [{ 'content-length': '0', 'transfer-encoding': 'chunked' }, { host: '169.254.169.254' }, { 'x-a': '1\\r\\n\\r\\nGET / HTTP/1.1' }]) { try { await fetch('http://127.0.0.1/', { method: 'POST', body: 'x', headers }); return new Response('leaked'); } catch {} } return new Response('blocked');",
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "abort-storm",
    code: "for (let i = 0; i < 5_000; i++) { const c = new AbortController(); fetch('http://127.0.0.1/', { signal: c.signal }).catch(() => {}); c.abort(); } return new Response('survived');",
    expect: ["ERR_ISOLATE_LOST", "survived", SUB_REQUESTS, CPU],
    cost: "isolate",
  },
  {
    name: "log-flood",
    code: "for (let i = 0; i < 20_000; i++) console.log('flood ' + 'x'.repeat(1_000)); return new Response('survived');",
    expect: ["survived", CPU],
    cost: "isolate",
  },
  {
    name: "log-line-ends",
    code: "for (let i = 0; i < 15; i++) console.log('\\n'.repeat(4_096)); return new Response('survived');",
    expect: ["survived"],
    cost: "answer",
    atOnce: 8,
    neighboursP99Ms: 1_000,
  },
  {
    name: "log-one-word",
    code: "for (let i = 0; i < 15; i++) console.log('a'.repeat(4_096)); return new Response('survived');",
    expect: ["survived"],
    cost: "answer",
    atOnce: 8,
    neighboursP99Ms: 1_000,
  },
  {
    name: "log-hostile-values",
    code: "console.log(new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; } }), { toString() { throw 3; }, toJSON() { throw 4; } }, Symbol('x'), 10n, Object.create(null)); const c = {}; c.c = c; console.error(c, new Array(1e6)); console.log('\\u2028\\n{\"level\":\"forged\"}\\0'); return new Response('survived');",
    expect: ["survived", "ERR_FUNCTION_THREW"],
    cost: "answer",
    calmAfterwards: true,
  },
  { name: "uuid-flood", code: "for (;;) crypto.randomUUID();", expect: [CPU], cost: "isolate" },
  {
    name: "host-message-flood",
    code: "for (let i = 0; ; i++) { console.log('x'); clearTimeout(setTimeout(() => {}, 9e9)); fetch('http://127.0.0.1/').catch(() => {}); }",
    expect: ["ERR_ISOLATE_LOST", CPU, SUB_REQUESTS, HEAP],
    cost: "process",
  },
  {
    name: "wait-until-flood",
    code: "for (let i = 0; i < 100_000; i++) ctx.waitUntil(Promise.resolve(i)); return new Response('survived');",
    expect: ["survived", CPU],
    cost: "isolate",
  },
  {
    name: "atomics-wait",
    code: "try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); return new Response('leaked'); } catch (error) { return new Response('blocked ' + error.name); }",
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "encoding-bomb",
    code: "const e = new TextEncoder(), d = new TextDecoder('utf-8'); for (;;) d.decode(e.encode('\\u{1f600}'.repeat(1e6)));",
    expect: [CPU, HEAP, "ERR_FUNCTION_THREW"],
    cost: "isolate",
  },
  {
    name: "base64-bomb",
    code: "let s = 'x'.repeat(1e6); for (;;) s = btoa(s).slice(0, 1e7);",
    expect: [CPU, HEAP],
    cost: "isolate",
  },
  {
    name: "zlib-bomb",
    code: `const zeros = new Uint8Array(1_000_000), packed = [];
    const squeeze = new Response(new ReadableStream({ start(c) { for (let i = 0; i < 64; i++) c.enqueue(zeros); c.close(); } }).pipeThrough(new CompressionStream("gzip")));
    const bomb = await squeeze.arrayBuffer();
    for (let i = 0; i < 50; i++) packed.push(new Response(bomb).body.pipeThrough(new DecompressionStream("gzip")));
    const sizes = await Promise.all(packed.map(async (stream) => (await new Response(stream).arrayBuffer()).byteLength));
    return new Response("survived " + sizes.length);`,
    expect: [CPU, HEAP, "ERR_LIMIT_HOST_WORK", "ERR_FUNCTION_THREW", "survived"],
    cost: "isolate",
  },
  {
    name: "decompression-growth",
    code: `const zeros = new Uint8Array(1_000_000);
    const squeezed = new ReadableStream({ start(c) { for (let i = 0; i < 200; i++) c.enqueue(zeros); c.close(); } }).pipeThrough(new CompressionStream("deflate"));
    const keep = []; for await (const part of squeezed.pipeThrough(new DecompressionStream("deflate"))) keep.push(part);
    return new Response("survived " + keep.length);`,
    expect: [CPU, HEAP, "ERR_LIMIT_HOST_WORK", "ERR_FUNCTION_THREW"],
    cost: "isolate",
  },
  {
    name: "key-derivation-storm",
    code: `const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "PBKDF2", false, ["deriveBits"]);
    const one = () => crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(16), iterations: 100_000 }, key, 512);
    const all = await Promise.allSettled(Array.from({ length: 200 }, one));
    const refused = all.find(({ reason }) => reason)?.reason; if (refused) throw refused;
    return new Response("survived " + all.length);`,
    expect: [CPU, "ERR_LIMIT_HOST_WORK"],
    cost: "isolate",
  },
  {
    name: "key-derivation-giant",
    code: `const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "PBKDF2", false, ["deriveBits"]);
    try { await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(16), iterations: 2 ** 31 - 1 }, key, 2 ** 30); return new Response("leaked"); }
    catch (error) { return new Response("blocked " + error.name); }`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "digest-storm",
    code: `const data = new Uint8Array(4_000_000); const digests = []; for (let i = 0; i < 2_000; i++) digests.push(crypto.subtle.digest("SHA-512", data)); await Promise.all(digests);
    return new Response("survived");`,
    expect: [CPU, HEAP, "ERR_LIMIT_HOST_WORK", "ERR_FUNCTION_THREW", "ERR_ISOLATE_LOST"],
    cost: "process",
  },
  {
    name: "signature-storm",
    code: `const key = await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]); const data = new Uint8Array(16_384);
    for (;;) await crypto.subtle.sign("HMAC", key, data);`,
    expect: [CPU, "ERR_LIMIT_HOST_WORK", "ERR_ISOLATE_LOST"],
    cost: "isolate",
  },
];
