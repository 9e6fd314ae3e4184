import { readFileSync } from "node:fs";

const { Miniflare } = await import(process.env.MINIFLARE);

const miniflare = new Miniflare({
  modules: true,
  script: readFileSync(process.env.APP, "utf8"),
  compatibilityDate: process.env.COMPATIBILITY_DATE,
  host: "127.0.0.1",
  port: Number(process.env.PORT),
});
await miniflare.ready;
process.once("SIGTERM", async () => {
  await miniflare.dispose();
  process.exit();
});
