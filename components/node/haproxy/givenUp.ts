import { refusal } from "./refusal.ts";

/** Requests that one connection may give up, or have under way, in each ten seconds. */
const GIVEN_UP_MAX = 600;
/** Counting starts here: what was under way when it starts anew is counted down, and HAProxy counts wrongly below zero. */
const NONE = 1_000;

/**
 * A client that opens and resets streams as fast as it can (CVE-2023-44487) would have each of them sent on to the cache: requests of a connection
 * are counted up when they come and down when they are answered.
 */
export function givenUp(): string {
  return `  http-request set-var(txn.tens) date,div(10)
  http-request set-var(sess.given_up) int(${NONE}) unless { var(sess.tens),sub(txn.tens) -m int 0 }
  http-request set-var(sess.tens) var(txn.tens)
  http-request set-var(sess.given_up) var(sess.given_up),add(1)
  http-after-response set-var(sess.given_up) var(sess.given_up),sub(1)
  http-request return ${refusal("ERR_GIVEN_UP", `It may give up ${GIVEN_UP_MAX} in ten seconds.`)} if { var(sess.given_up) -m int gt ${NONE + GIVEN_UP_MAX} }`;
}
