/** What an API does before its own work: routes, verifies a token, validates its claims and the query. */
import { Hono } from "hono";
import { cors } from "hono/cors";
import { jwtVerify } from "jose";
import * as z from "zod";

const key = new TextEncoder().encode("a key of thirty-two bytes, public");
const expected = { issuer: "https://login.example", audience: "orders", algorithms: ["HS256"] };
const claims = z.object({ sub: z.string(), scope: z.string().regex(/\borders:read\b/) });
const query = z.object({
  page: z.coerce.number().int().min(1).max(1_000).default(1),
  sort: z.enum(["newest", "oldest", "total"]).default("newest"),
});

const app = new Hono();
app.use(cors({ origin: "https://shop.example" }));
app.get("/:tenant/orders/:id", async (c) => {
  const token = c.req.header("authorization")?.replace(/^Bearer /, "") ?? "";
  const { payload } = await jwtVerify(token, key, expected);
  const { sub } = claims.parse(payload);
  return c.json({ order: c.req.param("id"), customer: sub, ...query.parse(c.req.query()) });
});
export default app;
