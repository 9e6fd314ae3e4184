import { after, before } from "node:test";
import { FaultProxy } from "./faultProxy.ts";
import { Moto, REGION } from "./moto.ts";

export interface S3Fixture {
  readonly moto: Moto;
  /** Between stores and home. */
  readonly home: FaultProxy;
  /** Between stores and their replica. */
  readonly replica: FaultProxy;
  /** Address of a store in the bucket, through one of the two. */
  readonly address: (bucket: string, through?: FaultProxy) => string;
}

/**
 * A moto server and two proxies before it, for the tests of a file.
 *
 * @param hasSecrets whether its tests need Parameter Store and Secrets Manager. Default: no.
 */
export function s3Fixture({ hasSecrets = false } = {}): S3Fixture {
  const moto = new Moto();
  const home = new FaultProxy(moto);
  const replica = new FaultProxy(moto);
  before(async () => {
    await moto.start();
    if (hasSecrets) await moto.loadSecrets();
    await Promise.all([home.start(), replica.start()]);
  });
  after(async () => {
    await Promise.all([home.stop(), replica.stop()]);
    await moto.stop();
  });
  const address = (bucket: string, through = home) =>
    `s3://${bucket}/fleet/a/?region=${REGION}&endpoint=${encodeURIComponent(through.endpoint)}`;
  return { moto, home, replica, address };
}

/** A small seeded generator, so that a failing run can be repeated. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
