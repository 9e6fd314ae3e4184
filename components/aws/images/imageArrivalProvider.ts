import { setTimeout as delay } from "node:timers/promises";
import type { OwnProvider } from "../../ownResource.ts";

export interface ArrivalInputs {
  readonly region: string;
  readonly images: readonly { readonly repository: string; readonly digest: string }[];
  readonly timeoutMinutes: number;
}

/** How often the registry is asked: often at first, for what is there already. */
const LOOK = { firstMs: 250, mostMs: 10_000 };

/** Waits until images are in a region's registry. */
export const imageArrivalProvider: OwnProvider<ArrivalInputs, ArrivalInputs> = {
  check: async () => [],
  async create(inputs) {
    await arrived(inputs);
    return { id: inputs.region, outs: inputs };
  },
  read: async (_id, outs) => outs,
  changed: (olds, news) => JSON.stringify(ofImages(olds)) !== JSON.stringify(ofImages(news)),
  async update(_id, _olds, news) {
    await arrived(news);
    return news;
  },
  async delete() {
    // The images are the registry's.
  },
};

/** In an order of ours: the engine gives objects back with their keys in another. */
function ofImages({ region, images }: ArrivalInputs): string[] {
  return [region, ...images.map(({ repository, digest }) => `${repository}@${digest}`)];
}

/** @throws Error naming the region and the images that did not come. */
async function arrived({ region, images, timeoutMinutes }: ArrivalInputs): Promise<void> {
  // Loaded when a fleet in AWS asks for it: no other has Amazon's client in its memory.
  const { ImageApi } = await import("./imageApi.ts");
  using api = new ImageApi(region);
  const deadline = performance.now() + timeoutMinutes * 60_000;
  let told = images.length;
  for (let looks = 0; ; looks++) {
    const isThere = await Promise.all(images.map(({ repository, digest }) => api.has(repository, digest)));
    const missing = images.filter((_, index) => !isThere[index]).map((image) => `${image.repository}@${image.digest}`);
    if (missing.length === 0) return;
    if (performance.now() > deadline) {
      throw new Error(
        `region ${region}: its registry does not have ${missing.join(", ")} after ${timeoutMinutes} minutes. Images come from the home region by the account's replication: docs/operations.md, "A new account"`,
      );
    }
    if (looks === 0 || missing.length < told) console.log(`${region}: waits for ${missing.join(", ")}`);
    told = missing.length;
    await delay(Math.min(LOOK.mostMs, LOOK.firstMs * 2 ** looks));
  }
}
