import type { Entry } from "./entry.ts";

interface PageProps {
  readonly entries: readonly Entry[];
  /** What was wrong with the form. */
  readonly problem: string | undefined;
}

const STYLE = "body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 2rem auto } label { display: block }";

/** The whole page; whatever visitors wrote is text in it. */
export function Page({ entries, problem }: PageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Guestbook</title>
        <style>{STYLE}</style>
      </head>
      <body>
        <h1>Guestbook</h1>
        <form method="post">
          {problem && <p role="alert">{problem}</p>}
          <label>
            Name <input name="name" maxLength={60} required />
          </label>
          <label>
            Words <textarea name="text" maxLength={1000} required />
          </label>
          <button type="submit">Write</button>
        </form>
        {entries.length === 0 ? <p>Nobody has written yet.</p> : entries.map((entry) => <Written {...entry} />)}
      </body>
    </html>
  );
}

function Written({ name, text, country, at }: Entry) {
  const when = new Date(at).toISOString();
  return (
    <article>
      <h2>
        {name} {country !== "XX" && <small>from {country}</small>}
      </h2>
      <p>{text}</p>
      <time dateTime={when}>{when.slice(0, 10)}</time>
    </article>
  );
}
