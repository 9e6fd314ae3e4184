import { PostgresBindingDialect } from "edge-fleet/kysely";
import type { PostgresBinding } from "edge-fleet/postgres";
import { type Generated, Kysely, sql } from "kysely";

interface Tables {
  pets: { id: Generated<number>; name: string; weight: number | null; born: Date | null };
}

export default {
  async fetch(_request: Request, env: { readonly PG: PostgresBinding }): Promise<Response> {
    const db = new Kysely<Tables>({ dialect: new PostgresBindingDialect(env.PG) });
    await db.schema.dropTable("pets").ifExists().execute();
    await db.schema
      .createTable("pets")
      .addColumn("id", "serial", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull().unique())
      .addColumn("weight", "float8")
      .addColumn("born", "timestamptz")
      .execute();
    const born = new Date("2026-01-02T03:04:05.678Z");
    const added = await db
      .insertInto("pets")
      .values([{ name: "rex", weight: 12.5, born }, { name: "tom" }])
      .returning("id")
      .execute();
    const { numUpdatedRows } = await db
      .updateTable("pets")
      .set({ weight: 4 })
      .where("name", "=", "tom")
      .executeTakeFirst();
    await db.transaction().execute(async (tx) => {
      await tx.insertInto("pets").values({ name: "kim" }).execute();
    });
    const failed = await db
      .transaction()
      .setIsolationLevel("serializable")
      .execute(async (tx) => {
        await tx.insertInto("pets").values({ name: "gone" }).execute();
        await tx.insertInto("pets").values({ name: "rex" }).execute();
      })
      .catch((error: { storeCode?: string }) => error.storeCode);
    const controlled = await db.startTransaction().execute();
    await controlled.insertInto("pets").values({ name: "first" }).execute();
    const saved = await controlled.savepoint("after_first").execute();
    await saved.insertInto("pets").values({ name: "second" }).execute();
    await saved.rollbackToSavepoint("after_first").execute();
    await controlled.commit().execute();
    const rolledBack = await db.startTransaction().execute();
    await rolledBack.deleteFrom("pets").execute();
    await rolledBack.rollback().execute();
    const pets = await db.selectFrom("pets").selectAll().orderBy("id").execute();
    const { rows } = await sql<{ n: string }>`SELECT count(*) AS n FROM pets WHERE weight > ${3}`.execute(db);
    const tables = await db.introspection.getTables();
    return Response.json({
      added,
      updated: Number(numUpdatedRows),
      failed,
      names: pets.map(({ name }) => name),
      isDate: pets[0]?.born instanceof Date,
      heavy: rows[0]?.n,
      columns: tables.find(({ name }) => name === "pets")?.columns.map(({ name }) => name),
    });
  },
};
