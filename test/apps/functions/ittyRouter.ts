import { AutoRouter, cors, error, type IRequest, json, withContent } from "itty-router";

/** itty-router's own form: the router is the function. */
const { preflight, corsify } = cors({ origin: "https://app.example" });
const router = AutoRouter({ base: "/itty-router", before: [preflight], finally: [corsify] });

router
  .get("/hello/:name?", ({ name = "world", query }: IRequest) => ({ hello: name, query }))
  .post("/sum", withContent, ({ content }: IRequest) => json({ sum: (content as number[]).reduce((a, b) => a + b, 0) }))
  .get("/files/:path+", ({ path }: IRequest) => new Response(path))
  .get("/forbidden", () => error(403, "not for you"))
  .get("/throws", () => {
    throw new Error("thrown");
  });

export default router;
