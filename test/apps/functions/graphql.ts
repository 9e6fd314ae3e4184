import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { buildSchema } from "graphql";
import { createHandler } from "graphql-http/lib/use/fetch";

/** A GraphQL server by the GraphQL-over-HTTP specification: queries, variables, mutations, introspection, errors. */
const schema = buildSchema(/* GraphQL */ `
  type Book {
    id: ID!
    title: String!
    author: String!
  }
  type Query {
    books(author: String): [Book!]!
    broken: Int
  }
  type Mutation {
    add(title: String!, author: String!): Book!
  }
`);
const books = [
  { id: "1", title: "Notes", author: "Ada" },
  { id: "2", title: "Sketches", author: "Charles" },
];
const rootValue = {
  books: ({ author }: { author?: string }) => books.filter((book) => author === undefined || book.author === author),
  broken: () => {
    throw new Error("broken on purpose");
  },
  add: async (book: { title: string; author: string }) => ({ id: "3", ...book }),
};
const handler = createHandler({ schema, rootValue });

export default { fetch: (request) => handler(request) } satisfies EdgeFunction;
