/** Value of a secret of the node, read anew. @throws Error */
export type ReadSecret = (name: string) => Promise<string>;
