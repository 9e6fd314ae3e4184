import type * as pulumi from "@pulumi/pulumi";
import { imageArrivalProvider } from "./aws/images/imageArrivalProvider.ts";
import { rolloutProvider } from "./aws/rollout/rolloutProvider.ts";
import { edgeFunctionProvider } from "./functionStore/edgeFunctionProvider.ts";
import { releaseProvider } from "./functionStore/releaseProvider.ts";
import { certificateProvider } from "./local/certificateProvider.ts";
import { hubProvider } from "./local/hubProvider.ts";
import { nodeProvider } from "./local/nodeProvider.ts";
import type { OwnKind, OwnProvider } from "./ownResource.ts";

/** What the serialised wrapper of `ownResource.ts` calls, in the process of Pulumi's dynamic provider. */
export const dynamic: Record<OwnKind, pulumi.dynamic.ResourceProvider> = {
  certificate: adapt(certificateProvider),
  release: adapt(releaseProvider),
  function: adapt(edgeFunctionProvider),
  node: adapt(nodeProvider),
  hub: adapt(hubProvider),
  images: adapt(imageArrivalProvider),
  rollout: adapt(rolloutProvider),
};

function adapt<Inputs extends object, Outputs extends Inputs>(
  provider: OwnProvider<Inputs, Outputs>,
): pulumi.dynamic.ResourceProvider {
  return {
    async check(olds: Partial<Inputs>, news: Inputs) {
      const known = Object.keys(olds).length === 0 ? null : (olds as Inputs);
      const reasons = await provider.check(known, news);
      // With a property the engine would print its value, which is not what a reason is about.
      return { inputs: news, failures: reasons.map((reason) => ({ property: "", reason })) };
    },
    create: (inputs: Inputs) => provider.create(inputs),
    async read(id: string, props: Outputs) {
      const outs = await provider.read(id, props);
      return outs === null ? {} : { id, props: outs };
    },
    async diff(_id: string, olds: Outputs, news: Inputs) {
      return { changes: await provider.changed(olds, news) };
    },
    async update(id: string, olds: Outputs, news: Inputs) {
      return { outs: await provider.update(id, olds, news) };
    },
    delete: (id: string, props: Outputs) => provider.delete(id, props),
  };
}
