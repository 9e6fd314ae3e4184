import { ASSUMED, type Cost, type FleetCost, fleetCost, PARTS } from "../../components/aws/cost/cost.ts";
import { SOURCES } from "../../components/aws/cost/prices.ts";
import { defineCommand } from "../command.ts";
import { CommandError, EXIT_CODES } from "../errors.ts";
import { table } from "../output.ts";

/** `edge cost` */
export const cost = defineCommand({
  summary: "show what a stack in AWS costs a month, by region and part",
  description:
    "From the stack's config and a table of dated prices in dollars, on demand, before tax, discounts and free tiers, with the fewest nodes that each region has. Nothing is asked of AWS. " +
    "`*`: a price of it is from memory. `?`: a price of it was not found in that region, and the sum is without it.",
  args: {},
  options: {},
  examples: [
    { line: "cost --env prod", meaning: "dollars a month, by region and part" },
    { line: "cost --env prod --json", meaning: "the same with the source of each price" },
  ],
  async run({ environment, stack, out }) {
    const { config } = environment();
    const { aws } = config;
    if (aws === null) throw new CommandError(`stack ${stack} has target ${config.target}, which costs nothing in AWS`);
    const shown = fleetCost({ ...config, aws });
    out.show({ ...shown, sources: SOURCES }, () => costText(shown));
    return EXIT_CODES.ok.code;
  },
});

function costText({ regions, known, isWhole }: FleetCost): string {
  const cell = (cost: Cost | undefined) => {
    if (cost === undefined) return "";
    return cost.dollars === null ? "?" : `${cost.dollars.toFixed(2)}${cost.source === "memory" ? "*" : ""}`;
  };
  const rows = PARTS.filter((part) => regions.some(({ parts }) => parts[part] !== undefined)).map((part) => [
    part,
    ...regions.map(({ parts }) => cell(parts[part])),
  ]);
  const sums = ["known", ...regions.map((region) => region.known.toFixed(2))];
  const assumptions = `Assumed of each region and month: ${ASSUMED.outGb} GB to clients, ${ASSUMED.newConnections} new connections a second, ${ASSUMED.natGb} GB through NAT gateways, ${ASSUMED.storeGb} GB in the store, ${ASSUMED.imagesGb} GB of images, ${ASSUMED.flowLogGb} GB of flow logs.`;
  const total = `${isWhole ? "" : "at least "}$${known.toFixed(2)} a month, on demand, before tax. *: with a price from memory. ?: a price was not found, and the sum is without it.`;
  const right = regions.map((_, index) => index + 1);
  return `${table(["$ a month", ...regions.map(({ region }) => region)], [...rows, sums], { right })}\n\n${total}\n${assumptions}`;
}
