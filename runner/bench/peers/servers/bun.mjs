const { default: app } = await import(process.env.APP);

Bun.serve({ unix: process.env.SOCKET, fetch: (request) => app.fetch(request) });
