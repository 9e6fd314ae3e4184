import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { imageArrivalProvider } from "../../components/aws/images/imageArrivalProvider.ts";
import { GroupService } from "./standIn/groupService.ts";

describe("images in a region's registry", () => {
  const service = new GroupService();
  after(() => service.stop());
  before(async () => {
    await service.start();
    Object.assign(process.env, service.env);
  });

  const images = ["runner", "varnish"].map((image, index) => ({
    repository: `edge-test/${image}`,
    digest: `sha256:${String(index).repeat(64)}`,
  }));

  it("are waited for until replication has brought them", async () => {
    const inputs = { region: "eu-central-1", images, timeoutMinutes: 1 };
    assert.deepEqual(await imageArrivalProvider.create(inputs), { id: "eu-central-1", outs: inputs });
  });

  it("that do not come end the up with the region's name, the images and what to do", async () => {
    service.withoutImages = "us-east-1";
    await assert.rejects(imageArrivalProvider.create({ region: "us-east-1", images, timeoutMinutes: 0.01 }), {
      message:
        /^region us-east-1: its registry does not have edge-test\/runner@sha256:0{64}, edge-test\/varnish@sha256:1{64} after 0\.01 minutes\. .*"A new account"$/,
    });
  });

  it("are asked for again only when they are others", () => {
    const inputs = { region: "eu-central-1", images, timeoutMinutes: 1 };
    assert.equal(imageArrivalProvider.changed(inputs, { ...inputs, timeoutMinutes: 2 }), false);
    const others = images.map((image) => ({ ...image, digest: `sha256:${"9".repeat(64)}` }));
    assert.equal(imageArrivalProvider.changed(inputs, { ...inputs, images: others }), true);
  });
});
