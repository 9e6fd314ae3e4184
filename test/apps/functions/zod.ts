import type { EdgeFunction } from "@edge-fleet/runner/contract";
import * as z from "zod";

/** Checks what comes in, and says what is wrong with it. */
const Address = z.object({ street: z.string().min(1), zip: z.string().regex(/^\d{5}$/) });
const Order = z
  .strictObject({
    id: z.uuid(),
    email: z.email().toLowerCase(),
    placedAt: z.coerce.date().max(new Date("2030-01-01")),
    kind: z.enum(["gift", "own"]),
    address: Address.optional(),
    items: z.array(z.object({ sku: z.string(), count: z.int().positive().default(1) })).nonempty(),
    payment: z.discriminatedUnion("by", [
      z.object({
        by: z.literal("card"),
        number: z.string().transform((number) => number.replace(/\d(?=\d{4})/g, "*")),
      }),
      z.object({ by: z.literal("invoice"), days: z.number().max(30) }),
    ]),
  })
  .refine(({ kind, address }) => kind === "own" || address !== undefined, {
    path: ["address"],
    error: "a gift needs one",
  });

export default {
  async fetch(request) {
    if (request.method === "GET") return Response.json(z.toJSONSchema(Order, { io: "input", unrepresentable: "any" }));
    const parsed = await Order.safeParseAsync(await request.json());
    if (parsed.success) return Response.json(parsed.data);
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    return Response.json({ problems, tree: z.treeifyError(parsed.error) }, { status: 400 });
  },
} satisfies EdgeFunction;
