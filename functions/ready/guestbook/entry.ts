export interface Entry {
  readonly name: string;
  readonly text: string;
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string;
  /** Unix time in ms. */
  readonly at: number;
}

const NAME_LENGTH_MAX = 60;
const TEXT_LENGTH_MAX = 1_000;
/** What could hide or turn around what stands beside it. */
const INVISIBLE = /[\p{Cc}\p{Bidi_Control}]/gu;

/** What a visitor wrote, or what is wrong with it. */
export function entryOf(form: URLSearchParams): Pick<Entry, "name" | "text"> | string {
  const [name, text] = ["name", "text"].map((field) => (form.get(field) ?? "").replace(INVISIBLE, " ").trim()) as [
    string,
    string,
  ];
  if (name === "" || text === "") return "Please write a name and some words.";
  if (name.length > NAME_LENGTH_MAX) return `A name has at most ${NAME_LENGTH_MAX} characters.`;
  if (text.length > TEXT_LENGTH_MAX) return `An entry has at most ${TEXT_LENGTH_MAX} characters.`;
  return { name, text };
}
