import { desc, eq, gt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

const notes = sqliteTable("notes", {
  id: integer().primaryKey({ autoIncrement: true }),
  text: text().notNull(),
  score: real(),
  tags: text({ mode: "json" }).$type<string[]>(),
  done: integer({ mode: "boolean" }).notNull().default(false),
  at: integer({ mode: "timestamp" }),
});

interface Env {
  readonly DB: Parameters<typeof drizzle>[0];
}

export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const db = drizzle(env.DB);
    await db.run(sql`DROP TABLE IF EXISTS notes`);
    await db.run(
      sql`CREATE TABLE notes (id integer PRIMARY KEY AUTOINCREMENT, text text NOT NULL, score real, tags text, done integer NOT NULL DEFAULT 0, at integer)`,
    );
    const values = [
      { text: "one", score: 1.5, tags: ["a", "b"], at: new Date(1_000_000) },
      { text: "two", score: 2.5, done: true },
      { text: "three" },
    ];
    const added = await db.insert(notes).values(values).returning({ id: notes.id });
    await db.update(notes).set({ score: 9 }).where(eq(notes.text, "three"));
    const found = await db.select().from(notes).where(gt(notes.score, 1)).orderBy(desc(notes.id));
    const first = await db.select({ text: notes.text }).from(notes).limit(1).get();
    const [deleted, left] = await db.batch([
      db.delete(notes).where(eq(notes.id, 1)),
      db.select({ count: sql<number>`count(*)` }).from(notes),
    ]);
    return Response.json({ added, found, first, deleted: deleted.meta.changes, left });
  },
};
