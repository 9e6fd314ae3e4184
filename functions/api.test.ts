import assert from "node:assert/strict";
import { test } from "node:test";
import api from "./api.ts";
import { edgeRequest } from "./testing/edgeRequest.ts";

const call = (path: string, init?: RequestInit) => api.fetch(edgeRequest(path, init), {});
const post = (body: string) => call("/api/todos", { method: "POST", body });

test("keeps todos", async () => {
  const created = await post('{"title":" write tests "}');
  assert.equal(created.status, 201);
  const todo = (await created.json()) as { id: string };
  assert.deepEqual(todo, { id: todo.id, title: "write tests", done: false });
  const { todos } = (await (await call("/api/todos")).json()) as { todos: unknown[] };
  assert.deepEqual(todos.at(-1), todo);
});

test("forgets the oldest of more than a hundred todos", async () => {
  for (let n = 0; n <= 100; n++) await post(`{"title":"number ${n}"}`);
  const { todos } = (await (await call("/api/todos")).json()) as { todos: { title: string }[] };
  assert.equal(todos.length, 100);
  assert.equal(todos.at(-1)?.title, "number 100");
});

for (const [title, body, path] of [
  ["an empty title", '{"title":" "}', "title"],
  ["a done that is no boolean", '{"title":"x","done":1}', "done"],
  ["an unknown key", '{"title":"x","colour":1}', ""],
  ["a body that is no JSON", "{", ""],
] as const) {
  test(`answers ${title} with 400 and where it is wrong`, async () => {
    const response = await post(body);
    assert.equal(response.status, 400);
    const { problems } = (await response.json()) as { problems: { path: string; message: string }[] };
    assert.equal(problems[0]?.path, path);
    assert.ok(problems[0]?.message);
  });
}

test("echoes, tells its health, and answers unknown routes with 404, all as JSON for no cache", async () => {
  for (const [path, status, body] of [
    ["/api/echo/caf%C3%A9", 200, { word: "café" }],
    ["/api/health", 200, { status: "ok" }],
    ["/api/none", 404, { error: "no route for GET /api/none" }],
    ["/api", 404, { error: "no route for GET /api" }],
  ] as const) {
    const response = await call(path);
    assert.equal(response.status, status);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.deepEqual(await response.json(), body);
  }
});
