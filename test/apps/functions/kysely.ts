import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from "kysely";

/** A query builder by itself: it compiles, and sends nothing. */
interface Database {
  readonly person: { readonly id: number; readonly name: string; readonly age: number | null };
  readonly pet: { readonly owner: number; readonly species: "cat" | "dog" };
}
const db = new Kysely<Database>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (on) => new SqliteIntrospector(on),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

export default {
  fetch() {
    const query = db
      .with("grown", (on) => on.selectFrom("person").selectAll().where("age", ">=", 18))
      .selectFrom("grown")
      .innerJoin("pet", "pet.owner", "grown.id")
      .select([
        "grown.name",
        ({ fn }) => fn.countAll<number>().as("pets"),
        sql<string>`upper(${sql.ref("grown.name")})`.as("loud"),
      ])
      .where((eb) => eb.or([eb("species", "=", "cat"), eb("grown.name", "like", "A%")]))
      .groupBy("grown.name")
      .orderBy("pets", "desc");
    const { sql: text, parameters } = query.compile();
    return Response.json({ text, parameters });
  },
} satisfies EdgeFunction;
