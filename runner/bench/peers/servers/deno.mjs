const { default: app } = await import(Deno.env.get("APP"));

Deno.serve({ transport: "unix", path: Deno.env.get("SOCKET") }, (request) => app.fetch(request));
