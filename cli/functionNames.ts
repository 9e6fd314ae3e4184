import type { Context } from "./context.ts";
import { readLive } from "./release/live.ts";

/**
 * A function that the project has or that the fleet serves.
 * @throws UsageError naming the nearest
 */
export async function functionNamed(context: Context, name: string): Promise<string> {
  const own = context.environment().config.functions.map((config) => config.name);
  if (own.includes(name)) return name;
  // A store that is away must not keep anybody from logs and figures.
  const live = await context
    .openStore()
    .then(readLive, () => null)
    .catch(() => null);
  const deployed = live?.release.functions.map((released) => released.name) ?? [];
  return context.oneOf("function", name, [...new Set([...own, ...deployed])].sort());
}
