import type { EdgeFunction } from "@edge-fleet/runner/contract";
import Mustache from "mustache";

/** A template engine that makes no code from strings. */
const PAGE = `<h1>{{title}}</h1>{{#people}}{{> person}}{{/people}}{{^people}}nobody{{/people}}{{! not shown }}{{&raw}}{{#shout}}quiet{{/shout}}`;
const PARTIALS = { person: "<p>{{name}}{{#age}} ({{.}}){{/age}}</p>" };

export default {
  async fetch(request) {
    const view = (await request.json()) as object;
    const shout = () => (text: string, render: (text: string) => string) => render(text).toUpperCase();
    return new Response(Mustache.render(PAGE, { ...view, shout }, PARTIALS));
  },
} satisfies EdgeFunction;
