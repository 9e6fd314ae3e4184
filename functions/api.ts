import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { Hono } from "hono";
import * as z from "zod";

/** A JSON API under `/api/*` with packages from npm: Hono routes, zod checks what comes in. */

const NewTodo = z.strictObject({
  title: z.string().trim().min(1).max(200),
  done: z.boolean().default(false),
});
type Todo = z.infer<typeof NewTodo> & { readonly id: string };

const TODOS_MAX = 100;
// Lives as long as this isolate: each node has its own list, and a new version starts with an empty one.
const todos: Todo[] = [];

const app = new Hono().basePath("/api");

app.use(async (context, next) => {
  await next();
  context.header("cache-control", "no-store");
});

app.get("/health", (context) => context.json({ status: "ok" }));

app.get("/todos", (context) => context.json({ todos }));

app.post("/todos", async (context) => {
  const body: unknown = await context.req.json().catch(() => undefined);
  const parsed = NewTodo.safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
    return context.json({ error: "that is no todo", problems }, 400);
  }
  const todo = { id: crypto.randomUUID(), ...parsed.data };
  todos.push(todo);
  if (todos.length > TODOS_MAX) todos.shift();
  return context.json(todo, 201);
});

app.get("/echo/:word", (context) => context.json({ word: context.req.param("word") }));

app.notFound((context) => context.json({ error: `no route for ${context.req.method} ${context.req.path}` }, 404));

app.onError((error, context) => {
  console.error(error);
  return context.json({ error: "internal error" }, 500);
});

export default {
  fetch: (request, env) => app.fetch(request, env),
} satisfies EdgeFunction;
