const FIELDS = [
  '"time":"%[date,ltime(%Y-%m-%dT%H:%M:%S%z)]"',
  '"way":"%f"',
  '"to":"%b/%s"',
  '"method":"%[capture.req.method,json(utf8s)]"',
  '"host":"%[capture.req.hdr(0),json(utf8s)]"',
  '"uri":"%[capture.req.uri,json(utf8s)]"',
  '"status":%ST',
  '"bytes":%B',
  '"queueMs":%Tw',
  '"connectMs":%Tc',
  '"answerMs":%Tr',
  '"ms":%Ta',
  '"ended":"%ts"',
  '"retries":"%rc"',
  '"id":"%[capture.req.hdr(1),json(utf8s)]"',
];

/** The request's own id, and one JSON object for each request that goes out or comes from another node: to whom, and where its time went. */
export function accessLogOut(): string {
  return `  unique-id-format %[req.hdr(x-request-id)]
  log global
  log-format '{${FIELDS.join(",")}}'
  capture request header host len 128
  capture request header x-request-id len 64`;
}
