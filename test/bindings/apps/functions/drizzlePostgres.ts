import { desc, eq, relations, sql } from "drizzle-orm";
import { boolean, date, integer, jsonb, numeric, pgTable, serial, text, timestamp } from "drizzle-orm/pg-core";
import { drizzle } from "edge-fleet/drizzle";
import type { PostgresBinding } from "edge-fleet/postgres";

const users = pgTable("users", {
  id: serial().primaryKey(),
  name: text().notNull().unique(),
  admin: boolean().notNull().default(false),
  born: date(),
  seen: timestamp({ withTimezone: true }),
  tags: text().array(),
  data: jsonb().$type<{ readonly deep: readonly number[] }>(),
});
const orders = pgTable("orders", {
  id: serial().primaryKey(),
  owner: integer()
    .notNull()
    .references(() => users.id),
  price: numeric({ precision: 10, scale: 2 }).notNull(),
});
const usersRelations = relations(users, ({ many }) => ({ orders: many(orders) }));
const ordersRelations = relations(orders, ({ one }) => ({
  owner: one(users, { fields: [orders.owner], references: [users.id] }),
}));
const schema = { users, orders, usersRelations, ordersRelations };

const TABLES = `DROP TABLE IF EXISTS orders; DROP TABLE IF EXISTS users;
  CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL UNIQUE, admin boolean NOT NULL DEFAULT false, born date, seen timestamptz, tags text[], data jsonb);
  CREATE TABLE orders (id serial PRIMARY KEY, owner integer NOT NULL REFERENCES users, price numeric(10, 2) NOT NULL)`;

export default {
  async fetch(_request: Request, env: { readonly PG: PostgresBinding }): Promise<Response> {
    const db = drizzle(env.PG, { schema });
    for (const statement of TABLES.split(";")) await db.execute(sql.raw(statement));
    const seen = new Date("2026-01-02T03:04:05.678Z");
    const ada = {
      name: "ada",
      admin: true,
      born: "1815-12-10",
      seen,
      tags: ['a"b', "c,d", "{}"],
      data: { deep: [1, 2] },
    };
    const [added] = await db
      .insert(users)
      .values([ada, { name: "bob" }])
      .returning({ id: users.id });
    await db.transaction(async (tx) => {
      await tx.insert(orders).values([
        { owner: 1, price: "12.50" },
        { owner: 1, price: "0.99" },
      ]);
      await tx
        .transaction(async (nested) => {
          await nested.insert(orders).values({ owner: 2, price: "99" });
          throw new Error("only this one");
        })
        .catch(() => {});
      await tx.update(users).set({ admin: true }).where(eq(users.name, "bob"));
    });
    const failed = await db
      .transaction(
        async (tx) => {
          await tx.insert(users).values({ name: "carol" });
          await tx.insert(users).values({ name: "ada" });
        },
        { isolationLevel: "serializable" },
      )
      .catch((error: Error) => `${(error.cause as { storeCode?: string } | undefined)?.storeCode}`);
    const rolledBack = await db.transaction(async (tx) => tx.rollback()).catch((error: Error) => error.name);
    const all = await db.select().from(users).orderBy(desc(users.id));
    const withOrders = await db.query.users.findMany({ with: { orders: true }, orderBy: users.id });
    const [{ sum } = { sum: null }] = await db.select({ sum: sql<string>`sum(${orders.price})` }).from(orders);
    const isDate = all[1]?.seen instanceof Date;
    const count = await db.$count(orders);
    return Response.json({
      added,
      failed,
      rolledBack,
      all,
      isDate,
      orders: withOrders.map((user) => user.orders),
      sum,
      count,
    });
  },
};
