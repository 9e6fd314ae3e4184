/** Where a store is. */
export type StorePlace = { readonly kind: "folder"; readonly path: string } | S3Place;

export interface S3Place {
  readonly kind: "s3";
  readonly bucket: string;
  /** What every key begins with: empty, or ends with `/`. */
  readonly prefix: string;
  readonly region: string;
  /** Where S3 is spoken instead of at AWS; null for AWS. */
  readonly endpoint: string | null;
}

export class StoreAddressError extends Error {
  override readonly name = "StoreAddressError";
}

/** A bucket's name without dots: with dots no certificate of S3 fits it. */
const BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const PREFIX = /^([A-Za-z0-9._-]+\/)*$/;
export const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
const PARAMETERS = ["region", "endpoint"];

/**
 * Reads a store's address: `file:<folder>` or `s3://<bucket>/<prefix>?region=<region>`, with `&endpoint=<URL>` where S3 is
 * spoken elsewhere than at AWS.
 *
 * @throws StoreAddressError that says what is wrong with it and what to write.
 */
export function parseStoreAddress(address: string): StorePlace {
  const fault = (what: string) =>
    new StoreAddressError(
      `the store's address ${JSON.stringify(address)} ${what}; write file:<folder> or s3://<bucket>/<prefix>?region=<region>`,
    );
  if (address.startsWith("file:")) {
    const path = address.slice("file:".length);
    if (path === "" || path.startsWith("//")) throw fault("names no folder");
    return { kind: "folder", path };
  }
  if (!address.startsWith("s3://") || !URL.canParse(address)) throw fault("is of no kind that is known");
  const { hostname: bucket, pathname, searchParams, username, port, hash } = new URL(address);
  if (!BUCKET.test(bucket)) throw fault(`has ${JSON.stringify(bucket)} for a bucket's name: lower case, digits and -`);
  const words = pathname.split("/").filter(Boolean);
  const prefix = words.map((word) => `${word}/`).join("");
  if (!PREFIX.test(prefix) || words.some((word) => /^\.+$/.test(word))) {
    throw fault(`has ${JSON.stringify(pathname)} for a prefix: letters, digits, ".", "_" and "-" between slashes`);
  }
  const unknown = [...searchParams.keys()].filter((name) => !PARAMETERS.includes(name));
  if (unknown.length > 0 || username !== "" || port !== "" || hash !== "") {
    throw fault(`has more than bucket, prefix, ${PARAMETERS.join(" and ")}: ${unknown.join(", ") || "leave it out"}`);
  }
  const region = searchParams.get("region") ?? "";
  if (!REGION.test(region)) throw fault(`has ${JSON.stringify(region)} for a region, such as eu-central-1`);
  const endpoint = searchParams.get("endpoint");
  if (endpoint !== null && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? "")) {
    throw fault(`has ${JSON.stringify(endpoint)} for an endpoint, such as http://127.0.0.1:5000`);
  }
  return { kind: "s3", bucket, prefix, region, endpoint };
}

/** The bucket at an address. @throws StoreAddressError */
export function s3Place(address: string): S3Place {
  const place = parseStoreAddress(address);
  if (place.kind === "s3") return place;
  throw new StoreAddressError(`${address} is a folder: only s3:// buckets can be replicas`);
}
