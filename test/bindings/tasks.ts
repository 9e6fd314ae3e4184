/** Code of a function that runs one of these bodies of async functions, `(env, request, ctx)`, and answers with what it returns. */
export function tasksCode(bodies: Readonly<Record<string, string>>): string {
  const tasks = Object.entries(bodies).map(([name, body]) => `${name}: async (env, request, ctx) => { ${body} }`);
  return `const tasks = { ${tasks.join(",\n")} };
export default { async fetch(request, env, ctx) {
  const result = await tasks[new URL(request.url).searchParams.get("task")](env, request, ctx);
  return result instanceof Response ? result : Response.json(result ?? null);
} };`;
}

/** Body of a task's function: what each of the expressions rejects with, as `[name, code, message, storeCode]`. */
export function refusals(...expressions: readonly string[]): string {
  return `const refused = []; for (const run of [${expressions.map((text) => `() => ${text}`).join(", ")}])
    try { await run(); refused.push(null); } catch (e) { refused.push([e.name, e.code ?? null, e.message, e.storeCode ?? null]); } return refused;`;
}
