import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { Marked } from "marked";

/** Markdown in, HTML out, with an extension of its own. */
const marked = new Marked({ gfm: true, breaks: false });
marked.use({
  renderer: {
    heading({ tokens, depth }) {
      const text = this.parser.parseInline(tokens);
      return `<h${depth} id="${text.toLowerCase().replace(/[^\w]+/g, "-")}">${text}</h${depth}>\n`;
    },
  },
});

export default {
  async fetch(request) {
    const html = await marked.parse(await request.text());
    return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
  },
} satisfies EdgeFunction;
