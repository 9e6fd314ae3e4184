const FIELDS = [
  '"time":"%[date,ltime(%Y-%m-%dT%H:%M:%S%z)]"',
  '"client":"%ci"',
  '"http":"%[fc_http_major]"',
  '"tls":"%sslv"',
  '"cipher":"%sslc"',
  '"resumed":%[ssl_fc_is_resumed]',
  '"host":"%[capture.req.hdr(0),json(utf8s)]"',
  '"method":"%[capture.req.method,json(utf8s)]"',
  '"uri":"%[capture.req.uri,json(utf8s)]"',
  '"agent":"%[capture.req.hdr(1),json(utf8s)]"',
  '"status":%ST',
  '"error":"%[var(txn.error)]"',
  '"refused":"%[var(txn.refused)]"',
  '"cache":"%[var(txn.cache)]"',
  '"received":%U',
  '"sent":%B',
  '"requestMs":%TR',
  '"queueMs":%Tw',
  '"answerMs":%Tr',
  '"ms":%Ta',
  '"ended":"%ts"',
  '"id":"%ID"',
];

/** One JSON object a request; what a client sends is escaped. Times that were not come to are -1. */
export function accessLog(): string {
  return `  log global
  log-format '{${FIELDS.join(",")}}'
  capture request header host len 128
  capture request header user-agent len 256
  http-after-response set-var(txn.error) res.hdr(x-edge-error)
  http-after-response set-var(txn.refused) res.hdr(x-edge-refused)
  http-after-response set-var(txn.cache) res.hdr(x-cache)`;
}
