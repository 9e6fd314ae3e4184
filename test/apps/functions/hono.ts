import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import { jwt, sign } from "hono/jwt";
import { secureHeaders } from "hono/secure-headers";
import { streamText } from "hono/streaming";

/** Routing, middleware, cookies, forms, streams, tokens and errors of Hono. */
const SECRET = "the secret of this test";
const app = new Hono().basePath("/hono");

app.use("/api/*", cors({ origin: "https://app.example", allowMethods: ["GET", "POST"] }), secureHeaders());
app.use("/cached/*", etag());
app.use("/private/*", basicAuth({ username: "ada", password: "lovelace" }));
app.use("/token/me", jwt({ secret: SECRET, alg: "HS256" }));

app.get("/api/users/:id{[0-9]+}", (c) => c.json({ id: Number(c.req.param("id")), q: c.req.query("q") }));
app.post("/api/form", async (c) => {
  const { name, file } = await c.req.parseBody();
  return c.json({ name, file: file instanceof File ? [file.name, file.type, await file.text()] : null });
});
app.get("/cached/page", (c) => c.html(html`<p>${"<b>escaped</b>"}</p>`));
app.get("/private/page", (c) => c.text("inside"));
app.get("/token", async (c) => c.text(await sign({ sub: "ada", exp: 4_000_000_000 }, SECRET)));
app.get("/token/me", (c) => c.json(c.get("jwtPayload") as object));
app.get("/cookie", (c) => {
  setCookie(c, "seen", `${getCookie(c, "seen") ?? "never"}!`, { httpOnly: true, sameSite: "Lax", path: "/" });
  deleteCookie(c, "old");
  return c.text("baked");
});
app.get("/stream", (c) =>
  streamText(c, async (stream) => {
    for (const word of ["one", "two", "three"]) await stream.writeln(word);
  }),
);
app.get("/teapot", () => {
  throw new HTTPException(418, { message: "short and stout" });
});
app.notFound((c) => c.text("nothing here", 404));
app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text("broken", 500)));

export default { fetch: (request, env, context) => app.fetch(request, env, context as never) } satisfies EdgeFunction;
