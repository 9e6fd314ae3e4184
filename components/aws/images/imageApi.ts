import {
  DescribeImagesCommand,
  ECRClient,
  ImageNotFoundException,
  RepositoryNotFoundException,
} from "@aws-sdk/client-ecr";

/** What is asked of a region's registry. */
export class ImageApi implements Disposable {
  readonly #registry: ECRClient;

  constructor(region: string) {
    this.#registry = new ECRClient({ region });
  }

  async has(repositoryName: string, imageDigest: string): Promise<boolean> {
    try {
      await this.#registry.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest }] }));
      return true;
    } catch (error) {
      if (error instanceof ImageNotFoundException || error instanceof RepositoryNotFoundException) return false;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#registry.destroy();
  }
}
