// Gives what it has at once and asks for the newer one meanwhile; without a network, what it has.
const CACHE = "catalog-1";
const SHELL = ["/catalog/", "/catalog/style.css", "/catalog/app.js"];
const ITEMS = "/catalog/api/items";
const ENTRIES_MAX = 60;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      await cache.addAll(SHELL);
      // The page that brought this worker had them before it was here.
      await refresh(cache, new Request(ITEMS));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      // Other caches of this host belong to others.
      const old = (await caches.keys()).filter((name) => name.startsWith("catalog-") && name !== CACHE);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const isOurs = url.origin === self.location.origin && url.pathname.startsWith("/catalog/");
  if (event.request.method === "GET" && isOurs) event.respondWith(answer(event));
});

async function answer(event) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(event.request);
  const fresh = refresh(cache, event.request);
  if (kept === undefined) return (await fresh) ?? new Response("no network", { status: 503 });
  // Else the browser may end the worker before the newer one is there.
  event.waitUntil(fresh);
  return kept;
}

/** The answer of the network; undefined without one. An answer that fails does not replace what is kept. */
async function refresh(cache, request) {
  try {
    const response = await fetch(request);
    const isKept =
      response.ok && response.type === "basic" && !/no-store/.test(response.headers.get("cache-control") ?? "");
    if (isKept) {
      await cache.put(request, response.clone());
      const entries = await cache.keys();
      const others = entries.filter(({ url }) => !SHELL.includes(new URL(url).pathname));
      await Promise.all(others.slice(0, Math.max(0, entries.length - ENTRIES_MAX)).map((entry) => cache.delete(entry)));
    }
    return response;
  } catch {
    return undefined;
  }
}
