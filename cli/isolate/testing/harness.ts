import { giveTestEnv } from "../../../adapters/test.ts";
import { endTests, listTests, runTest } from "./nodeTest.ts";

/** What a bundle of tests exports: `/list`, `/run/<index>` and `/end` below its route, each a request with limits of its own. */
export default {
  async fetch(request: Request, env: unknown): Promise<Response> {
    giveTestEnv(env);
    const [, , order, index] = new URL(request.url).pathname.split("/");
    if (order === "list") return Response.json(listTests());
    if (order === "run") return Response.json(await runTest(Number(index)));
    return Response.json(await endTests());
  },
};
