/** The other machines of a node's auto scaling group, as its agent finds them, against a moto server. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SiblingGroup } from "../../runner/agent/siblings/siblingGroup.ts";
import { REGION } from "./moto.ts";
import { MotoGroup, NetworkDns } from "./motoGroup.ts";
import { s3Fixture } from "./s3Fixture.ts";

const { moto, home } = s3Fixture();
const dns = new NetworkDns();
let group: MotoGroup;
const nameOf = (id: string) => `${id}.${REGION}.compute.internal`;
const groupOf = (node: string, name = group.name) =>
  new SiblingGroup(node, {
    ...{ region: REGION, group: name, metadata: "http://127.0.0.1" },
    ...{ endpoint: home.endpoint, resolvers: [dns.server] },
  });

/** Gives every machine that has none an address. */
async function addressAll(): Promise<string[]> {
  const ids = await group.machines();
  for (const id of ids)
    if (!dns.addresses.has(nameOf(id))) dns.addresses.set(nameOf(id), `10.0.0.${dns.addresses.size + 1}`);
  return ids;
}

describe("the machines of a group", () => {
  before(async () => {
    await dns.start();
    group = new MotoGroup(moto.endpoint);
    await group.create(3);
  });
  after(() => {
    group[Symbol.dispose]();
    dns.stop();
  });

  test("each node has the others, the one after it first, by their private addresses", async () => {
    const ids = await addressAll();
    const [first, second, third] = ids.map((id) => ({ name: id, address: dns.addresses.get(nameOf(id)) }));
    assert.deepEqual(await groupOf(ids[0] as string).read(), [second, third]);
    assert.deepEqual(await groupOf(ids[1] as string).read(), [third, first]);
    assert.deepEqual(await groupOf(ids[2] as string).read(), [first, second]);
  });

  test("a machine that came is there, one that went is not, and an address is asked for once", async () => {
    const ids = await addressAll();
    const [self = ""] = ids;
    const siblings = groupOf(self);
    await siblings.read();
    dns.asked.length = 0;
    await siblings.read();
    assert.deepEqual(dns.asked, []);

    await group.resize(4);
    const more = (await addressAll()).filter((id) => !ids.includes(id));
    assert.deepEqual(
      new Set((await siblings.read()).map(({ name }) => name)),
      new Set([...ids, ...more].filter((id) => id !== self)),
    );
    assert.deepEqual(dns.asked, more.map(nameOf));
    await group.resize(2);
    const left = (await group.machines()).filter((id) => id !== self);
    assert.deepEqual((await siblings.read()).map(({ name }) => name).toSorted(), left);
  });

  test("a machine whose name is not known yet is left out until it is", async () => {
    await group.resize(3);
    const ids = await addressAll();
    const [self = "", late = "", known = ""] = ids;
    const address = dns.addresses.get(nameOf(late)) as string;
    dns.addresses.delete(nameOf(late));
    const siblings = groupOf(self);
    assert.deepEqual(
      (await siblings.read()).map(({ name }) => name),
      [known],
    );
    dns.addresses.set(nameOf(late), address);
    assert.deepEqual(
      (await siblings.read()).map(({ name }) => name),
      [late, known],
    );
  });

  test("a service, a name server or a group that is away is an error, and no empty list", async () => {
    const [self = ""] = await addressAll();
    home.fault = () => ({ kind: "refused" });
    await assert.rejects(groupOf(self).read());
    home.fault = () => null;
    dns.isSilent = true;
    await assert.rejects(groupOf(self).read(), { code: "ETIMEOUT" });
    dns.isSilent = false;
    await assert.rejects(groupOf(self, "edge-none").read(), { message: "there is no auto scaling group edge-none" });
  });
});
