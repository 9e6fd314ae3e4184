import { timingSafeEqual } from "node:crypto";
import { createServer, type Server } from "node:net";
import { Link } from "../protocol/link.ts";
import type { BindingFigures } from "./bindings/bindingFigures.ts";
import type { Figures } from "./figures.ts";
import type { Grants } from "./grants.ts";

const FIGURES_EVERY_MS = 500;

interface GrantParts {
  /** What the router shows; workers do not have it. */
  readonly token: string;
  readonly grants: Grants;
  readonly figures: Figures;
  readonly bindingFigures: BindingFigures;
}

/** Takes grants from the router, and tells it what sub-requests and bindings came to. Without the router nobody has a grant. */
export function newGrantServer({ token, grants, figures, bindingFigures }: GrantParts): Server {
  let router: Link | undefined;
  setInterval(() => {
    if (router === undefined) return;
    const functions = figures.take();
    if (functions.length > 0) router.send("egressFigures", 0, { functions });
    const kinds = bindingFigures.take();
    if (kinds.length > 0) router.send("bindingFigures", 0, { kinds });
  }, FIGURES_EVERY_MS).unref();
  return createServer((socket) => {
    const link: Link = new Link(socket, {
      frame: (frame) => {
        if (link !== router) {
          if (frame.kind !== "grantHello" || !isSame(frame.meta.token, token)) return link.close();
          router?.close();
          router = link;
          grants.revokeAll();
        } else if (frame.kind === "grant") {
          grants.give(frame.id, frame.meta);
        } else if (frame.kind === "revoke") {
          grants.revoke(frame.meta.slot, frame.id);
        }
      },
      closed: () => {
        if (link !== router) return;
        router = undefined;
        grants.revokeAll();
      },
    });
  });
}

function isSame(given: unknown, token: string): boolean {
  const bytes = Buffer.from(`${given}`);
  const expected = Buffer.from(token);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
