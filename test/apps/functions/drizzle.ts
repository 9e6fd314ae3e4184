import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { and, asc, count, desc, eq, gt, inArray, like, sql } from "drizzle-orm";
import * as pg from "drizzle-orm/pg-core";
import { drizzle as pgDrizzle } from "drizzle-orm/pg-proxy";
import * as sqlite from "drizzle-orm/sqlite-core";
import { drizzle as sqliteDrizzle } from "drizzle-orm/sqlite-proxy";

/** Drizzle builds queries for two databases; what it would send is answered with, and rows come back through it. */
const notes = sqlite.sqliteTable("notes", {
  id: sqlite.integer("id").primaryKey({ autoIncrement: true }),
  text: sqlite.text("text").notNull(),
  tags: sqlite.text("tags", { mode: "json" }).$type<string[]>(),
  at: sqlite.integer("at", { mode: "timestamp" }),
});
const users = pg.pgTable("users", {
  id: pg.serial("id").primaryKey(),
  name: pg.text("name").notNull(),
  meta: pg.jsonb("meta"),
});
const posts = pg.pgTable("posts", {
  id: pg.serial("id").primaryKey(),
  author: pg.integer("author").references(() => users.id),
});

export default {
  async fetch() {
    const sent: unknown[] = [];
    const rows = [[7, "seven", '["a"]', 86_400]];
    const lite = sqliteDrizzle(async (text, parameters, method) => {
      sent.push([text, parameters, method]);
      return { rows };
    });
    const found = await lite
      .select()
      .from(notes)
      .where(and(eq(notes.id, 7), like(notes.text, "s%")))
      .orderBy(desc(notes.at))
      .limit(3);
    await lite.insert(notes).values([{ text: "new", tags: ["x", "y"], at: new Date(1_000) }]);
    await lite
      .update(notes)
      .set({ text: sql`upper(${notes.text})` })
      .where(inArray(notes.id, [1, 2]));
    const big = pgDrizzle(async (text, parameters, method) => {
      sent.push([text, parameters, method]);
      return { rows: [["Ada", "2"]] };
    });
    const joined = await big
      .select({ name: users.name, posts: count(posts.id) })
      .from(users)
      .leftJoin(posts, eq(posts.author, users.id))
      .groupBy(users.name)
      .having(({ posts: many }) => gt(many, 1))
      .orderBy(asc(users.name));
    await big
      .insert(users)
      .values({ name: "Ada", meta: { a: 1 } })
      .onConflictDoNothing()
      .returning({ id: users.id });
    return Response.json({ sent, found, joined });
  },
} satisfies EdgeFunction;
