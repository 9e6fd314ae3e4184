/** Headers between nodes. They are believed over mutual TLS alone: the door removes what clients send of them. */
export const PEER_HEADERS = {
  /** How many nodes the request has been sent on by. */
  hops: "x-edge-hops",
  /** Region of the node that sends it on. */
  via: "x-edge-via",
  /** The request is for the cache of a shield, which needs no runner. */
  shielded: "x-edge-shielded",
} as const;

/** Client to node, to another region, to a sibling there: no request is sent on more often. */
export const HOPS_MAX = 2;

/** Between nodes: nothing was begun here, ask another. No client sees it; of the statuses that HAProxy may repeat a request for, no function has a use for it. */
export const ASK_ANOTHER = 425;

/** Arguments of `http-request return` for it. */
export const REFUSAL = `status ${ASK_ANOTHER} content-type text/plain string "nothing was begun here; ask another node"`;
