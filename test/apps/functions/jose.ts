import type { EdgeFunction } from "@edge-fleet/runner/contract";
import * as jose from "jose";

/** Signs, verifies, encrypts and decrypts tokens with every kind of key; verifies those that others have made. */
const ALGORITHMS = ["HS256", "HS512", "RS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"];
const ENCRYPTIONS = ["dir", "A256KW", "A128GCMKW", "RSA-OAEP-256", "ECDH-ES+A128KW", "PBES2-HS256+A128KW"];

async function keysFor(algorithm: string): Promise<[jose.CryptoKey | Uint8Array, jose.CryptoKey | Uint8Array]> {
  if (algorithm.startsWith("HS")) {
    const secret = crypto.getRandomValues(new Uint8Array(64));
    return [secret, secret];
  }
  const { privateKey, publicKey } = await jose.generateKeyPair(algorithm, { extractable: true });
  const jwk = await jose.exportJWK(publicKey);
  const pem = await jose.exportPKCS8(privateKey);
  return [await jose.importPKCS8(pem, algorithm), (await jose.importJWK(jwk, algorithm)) as jose.CryptoKey];
}

async function signed(algorithm: string): Promise<unknown> {
  const [own, known] = await keysFor(algorithm);
  const claims = { sub: "ada", scope: ["read", "write"] };
  const token = await new jose.SignJWT(claims)
    .setProtectedHeader({ alg: algorithm })
    .setIssuer("edge")
    .setExpirationTime("2h")
    .sign(own);
  const { payload } = await jose.jwtVerify(token, known, { issuer: "edge" });
  const [head, body, signature = ""] = token.split(".");
  const forged = `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
  const refusals = [forged, `${token}x`].map((other) => jose.jwtVerify(other, known).catch((error) => error.code));
  const issuer = jose.jwtVerify(token, known, { issuer: "other" }).catch((error) => error.code);
  return [payload.sub, payload.scope, await Promise.all(refusals), await issuer];
}

async function sealed(algorithm: string): Promise<unknown> {
  const symmetric: Record<string, number> = { dir: 32, A256KW: 32, A128GCMKW: 16, "PBES2-HS256+A128KW": 20 };
  const size = symmetric[algorithm];
  const secret = size === undefined ? undefined : crypto.getRandomValues(new Uint8Array(size));
  const { publicKey, privateKey } =
    secret === undefined ? await jose.generateKeyPair(algorithm) : { publicKey: secret, privateKey: secret };
  const text = new TextEncoder().encode("für die Post");
  const token = await new jose.CompactEncrypt(text)
    .setProtectedHeader({ alg: algorithm, enc: "A256GCM" })
    .encrypt(publicKey);
  const options = { keyManagementAlgorithms: [algorithm], maxPBES2Count: 10_000 };
  const { plaintext } = await jose.compactDecrypt(token, privateKey, options);
  return new TextDecoder().decode(plaintext);
}

async function inTurn(names: readonly string[], work: (name: string) => Promise<unknown>): Promise<object> {
  const results: Record<string, unknown> = {};
  for (const name of names) results[name] = await work(name);
  return results;
}

export default {
  async fetch(request) {
    const path = new URL(request.url).pathname;
    if (path.endsWith("/sign")) return Response.json(await inTurn(ALGORITHMS, signed));
    if (path.endsWith("/encrypt")) return Response.json(await inTurn(ENCRYPTIONS, sealed));
    const { token, jwks } = (await request.json()) as { token: string; jwks: jose.JSONWebKeySet };
    const { payload, protectedHeader } = await jose.jwtVerify(token, jose.createLocalJWKSet(jwks));
    return Response.json({
      payload,
      protectedHeader,
      thumbprint: await jose.calculateJwkThumbprint(jwks.keys[0] as jose.JWK),
    });
  },
} satisfies EdgeFunction;
