import { after, before } from "node:test";
import { Checkout } from "../checkout.ts";
import { addTalk, edgeCommand, edgeCommandWithoutFleet } from "./edge.ts";
import { farm } from "./farm.ts";
import { addConfigured, functionConfig } from "./functionConfig.ts";
import { healing } from "./healing.ts";
import { addHostile, limits } from "./limits.ts";
import { releases } from "./releases.ts";
import { serving } from "./serving.ts";

/** One fleet, brought up once: each part leaves it as it found it, but for the last. */
const checkout = new Checkout(23, { installed: true });

before(async () => {
  await addConfigured(checkout);
  addHostile(checkout);
  addTalk(checkout);
});
after(() => checkout.dispose());

functionConfig(checkout);
serving(checkout);
edgeCommand(checkout);
limits(checkout);
farm(checkout);
healing(checkout);
releases(checkout);
edgeCommandWithoutFleet(checkout);
