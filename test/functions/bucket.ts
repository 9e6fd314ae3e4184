import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What a bucket does that a reader and its copies see. */
export class Bucket {
  readonly objects = new Map<string, string>();
  readonly requests: IncomingMessage[] = [];

  readonly handle = async (request: IncomingMessage, response: ServerResponse) => {
    this.requests.push(request);
    const key = (request.url ?? "").split("/").slice(2).join("/").replaceAll("%2B", "+");
    const object = this.objects.get(key);
    if (request.method === "PUT") {
      const body = Buffer.concat(await request.toArray()).toString();
      if (request.headers["content-length"] === undefined) return response.writeHead(411).end();
      if (object !== undefined && request.headers["if-none-match"] === "*") return response.writeHead(412).end();
      this.objects.set(key, body);
      return response.writeHead(200).end();
    }
    if (object === undefined) return response.writeHead(404, { "content-type": "application/xml" }).end("<Error/>");
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = from === undefined ? object : object.slice(Number(from), Number(to) + 1);
    const headers = { "content-type": "text/plain", "content-length": `${part.length}`, "x-amz-request-id": "1" };
    return response.writeHead(from === undefined ? 200 : 206, headers).end(part);
  };
}

/** Checks a request without parameters as S3 does (Signature Version 4). */
export function isSigned({ method, url, headers }: IncomingMessage, secretKey: string): boolean {
  const [, scope = "", names = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(
      headers.authorization ?? "",
    ) ?? [];
  const object = decodeURIComponent(url ?? "");
  const path = encodeURIComponent(object)
    .replaceAll("%2F", "/")
    .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  const lines = names.split(";").map((name) => `${name}:${headers[name]}\n`);
  const canonical = [method, path, "", lines.join(""), names, headers["x-amz-content-sha256"]].join("\n");
  const hash = createHash("sha256").update(canonical).digest("hex");
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hash].join("\n");
  const mac = (key: string | Buffer, part: string) => createHmac("sha256", key).update(part).digest();
  const key = scope.split("/").reduce<string | Buffer>(mac, `AWS4${secretKey}`);
  return mac(key, text).toString("hex") === signature;
}
