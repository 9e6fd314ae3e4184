import { refusal } from "./refusal.ts";

/** Requests that one connection may give up, or have under way, in each ten seconds. */
const GIVEN_UP_MAX = 600;
/** Above so many times the limit the connection is ended: each refusal costs an answer and a line of the log. */
const CUT_AT = 2;
/** Counting starts here: what was under way when it starts anew is counted down, and HAProxy counts wrongly below zero. */
const NONE = 1_000;

/**
 * A client that opens and resets streams as fast as it can (CVE-2023-44487) would have each of them sent on to the cache: requests of a connection
 * are counted up when they come and down when they are answered, but by this rule. One that goes on to twice the limit loses its connection (in HTTP/2 by
 * ENHANCE_YOUR_CALM), which is counted for its address (`clientConnections.ts`).
 */
export function givenUp(): string {
  const limit = NONE + GIVEN_UP_MAX;
  const cutAt = NONE + CUT_AT * GIVEN_UP_MAX;
  const detail = `It may give up ${GIVEN_UP_MAX} in ten seconds.`;
  return `  http-request set-var(txn.tens) date,div(10)
  http-request set-var(sess.given_up) int(${NONE}) unless { var(sess.tens),sub(txn.tens) -m int 0 }
  http-request set-var(sess.tens) var(txn.tens)
  http-request set-var(sess.given_up) var(sess.given_up),add(1)
  # Streams that had begun come here too: only the first of them counts.
  http-request sc-inc-gpc0(0) if { var(sess.given_up) -m int ${cutAt} }
  http-request set-var(txn.error) str(ERR_GIVEN_UP) if { var(sess.given_up) -m int ge ${cutAt} }
  http-request set-log-level silent if { var(sess.given_up) -m int gt ${cutAt} }
  http-request reject if { var(sess.given_up) -m int ge ${cutAt} }
  http-request set-var(txn.gave_up) bool(true) if { var(sess.given_up) -m int gt ${limit} }
  http-request return ${refusal("ERR_GIVEN_UP", detail)} if { var(txn.gave_up) -m bool }
  http-after-response set-var(sess.given_up) var(sess.given_up),sub(1) unless { var(txn.gave_up) -m bool }`;
}
