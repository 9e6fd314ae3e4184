const FIELDS = [
  '"time":"%[date,ltime(%Y-%m-%dT%H:%M:%S%z)]"',
  '"client":"%ci"',
  '"host":"%[capture.req.hdr(0),json(utf8s)]"',
  '"method":"%[capture.req.method,json(utf8s)]"',
  '"uri":"%[capture.req.uri,json(utf8s)]"',
  '"status":%ST',
  '"bytes":%B',
  '"ms":%Ta',
  '"cache":"%[capture.res.hdr(0)]"',
  '"tls":"%sslv"',
  '"id":"%ID"',
];

/** One JSON object a request; what a client sends is escaped. */
export function accessLog(): string {
  return `  log global
  log-format '{${FIELDS.join(",")}}'
  capture request header host len 128
  capture response header x-cache len 8`;
}
