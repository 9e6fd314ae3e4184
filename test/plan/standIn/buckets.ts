import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";

/** Inputs of a bucket. */
export interface BucketInputs {
  readonly bucket: string;
  readonly region: string;
  readonly forceDestroy: boolean;
}

/** Makes a bucket where `AWS_ENDPOINT_URL_S3` says: the program's own resources write there with S3's own client. */
export async function makeBucket({ bucket: Bucket, region }: BucketInputs): Promise<void> {
  using s3 = clientOf(region);
  const place =
    region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" } };
  await s3.client.send(new CreateBucketCommand({ Bucket, ...place }));
}

/** @throws when it is not empty and is not to be emptied, as Amazon does. */
export async function removeBucket({ bucket: Bucket, region, forceDestroy }: BucketInputs): Promise<void> {
  using s3 = clientOf(region);
  while (forceDestroy) {
    const { Contents = [] } = await s3.client.send(new ListObjectsV2Command({ Bucket }));
    if (Contents.length === 0) break;
    const Objects = Contents.map(({ Key = "" }) => ({ Key }));
    await s3.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  }
  await s3.client.send(new DeleteBucketCommand({ Bucket }));
}

function clientOf(region: string): Disposable & { readonly client: S3Client } {
  const client = new S3Client({ region });
  return { client, [Symbol.dispose]: () => client.destroy() };
}
