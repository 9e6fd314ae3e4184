import {
  constants,
  diffieHellman,
  generateKeyPair,
  generateKeyPairSync,
  hkdf,
  hkdfSync,
  type KeyObject,
  pbkdf2,
  publicEncrypt,
  type SignKeyObjectInput,
  sign,
  verify,
  webcrypto,
} from "node:crypto";
import { promisify } from "node:util";
import { COMPUTE_BYTES_MAX, type CryptoRequest, PAIR_HEAD_BYTES, type Scheme } from "../../cryptoPort.ts";
import { digest, hmac, NODE_HASHES } from "../hashes.ts";
import { aes } from "./aes.ts";
import { derOf, exportKey, importKey, type KeyRing } from "./keys.ts";

const { subtle } = webcrypto;
type Pair = { publicKey: KeyObject; privateKey: KeyObject };

/** On another thread; the types know of some only the forms that wait. */
const onThread = {
  sign: promisify(sign) as unknown as (...given: Signing) => Promise<Buffer>,
  verify: promisify(verify) as unknown as (...given: [...Signing, signature: Buffer]) => Promise<boolean>,
  agree: promisify(diffieHellman) as unknown as (keys: AgreementKeys) => Promise<Buffer>,
  hkdf: promisify(hkdf),
  pbkdf2: promisify(pbkdf2),
  generate: promisify(generateKeyPair) as unknown as (type: string, options: object) => Promise<Pair>,
};
const generateNow = generateKeyPairSync as unknown as (type: string, options: object) => Pair;

interface AgreementKeys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

type RequestOf<Op> = CryptoRequest & { readonly op: Op };
type Signing = [hash: string | null, data: Buffer, key: SignKeyObjectInput];
type CipherRequest = RequestOf<"encrypt"> | RequestOf<"decrypt">;
type OaepRequest = Extract<CipherRequest, { cipher: "RSA-OAEP" }>;
type AesRequest = Exclude<CipherRequest, { cipher: "RSA-OAEP" }>;

/** One piece of work, its input taken apart. Some is done here and now, or on another thread; the result is the same. */
export class CryptoWork {
  readonly request: CryptoRequest;
  /** The key that asymmetric work is done with. */
  readonly key: KeyObject | undefined;
  readonly #parts: readonly Buffer[];
  readonly #other: KeyObject | undefined;

  /** @throws Error when a key is none of the kind that it should be */
  constructor(request: CryptoRequest, input: Buffer, keys: KeyRing) {
    const parts: Buffer[] = [];
    let at = 0;
    for (const size of request.sizes) {
      parts.push(input.subarray(at, at + size));
      at += size;
    }
    parts.push(input.subarray(at));
    const part = (index: number) => parts[index] as Buffer;
    this.request = request;
    this.#parts = parts;
    switch (request.op) {
      case "sign":
      case "verify":
        this.key = keys.key(request.kind, request.op === "sign", part(0));
        break;
      case "encrypt":
      case "decrypt":
        if (request.cipher === "RSA-OAEP") this.key = keys.key("RSA", request.op === "decrypt", part(0));
        break;
      case "agree":
        this.key = keys.key(request.kind, true, part(0));
        this.#other = keys.key(request.kind, false, part(1));
        break;
      case "export":
        this.key = keys.key(request.kind, request.isPrivate, part(0));
        break;
    }
  }

  /** Quick work. @throws Error when it cannot be done */
  now(): Buffer {
    const { request } = this;
    const part = (index: number) => this.#parts[index] as Buffer;
    switch (request.op) {
      case "digest":
        return digest(request.hash, part(0));
      case "hmac":
        return hmac(request.hash, part(0), part(1));
      case "sign":
        return sign(...this.#signing(request, part(1)));
      case "verify": {
        const [hash, data, options] = this.#signing(request, part(2));
        return answerOf(verify(hash, data, options, part(1)));
      }
      case "encrypt":
      case "decrypt":
        if (request.cipher === "RSA-OAEP") return publicEncrypt(this.#oaep(request.hash), part(3));
        return aes(request.op === "encrypt", request, this.#aesInput());
      case "agree":
        return diffieHellman(this.#agreeing());
      case "hkdf":
        return Buffer.from(hkdfSync(NODE_HASHES[request.hash], part(0), part(1), part(2), request.bytes));
      case "generate":
        return pairOf(generateNow(...generateOptions(request)));
      case "import": {
        const { facts, der } = importKey(request, part(0));
        return pair(Buffer.from(JSON.stringify(facts)), der);
      }
      case "export":
        return exportKey(request.format, this.key as KeyObject);
      case "pbkdf2":
        throw new Error("key derivation is no quick work");
    }
  }

  /** The same work on another thread, where it can be long. @throws Error when it cannot be done */
  async later(): Promise<Buffer> {
    const { request } = this;
    const part = (index: number) => this.#parts[index] as Buffer;
    switch (request.op) {
      case "digest":
        return Buffer.from(await subtle.digest(request.hash, whole(part(0))));
      case "hmac": {
        const algorithm = { name: "HMAC", hash: request.hash };
        const key = await subtle.importKey("raw", whole(part(0)), algorithm, false, ["sign"]);
        return Buffer.from(await subtle.sign("HMAC", key, whole(part(1))));
      }
      case "sign":
        return onThread.sign(...this.#signing(request, part(1)));
      case "verify":
        return answerOf(await onThread.verify(...this.#signing(request, part(2)), part(1)));
      case "encrypt":
      case "decrypt":
        return request.cipher === "RSA-OAEP" ? this.#oaepLater(request) : this.#aesLater(request);
      case "agree":
        return onThread.agree(this.#agreeing());
      case "hkdf":
        return Buffer.from(await onThread.hkdf(NODE_HASHES[request.hash], part(0), part(1), part(2), request.bytes));
      case "pbkdf2":
        return onThread.pbkdf2(part(0), part(1), request.iterations, request.bytes, NODE_HASHES[request.hash]);
      case "generate":
        return pairOf(await onThread.generate(...generateOptions(request)));
      case "import":
      case "export":
        return this.now();
    }
  }

  #signing(request: RequestOf<"sign" | "verify"> & Scheme, data: Buffer): Signing {
    const key = this.key as KeyObject;
    switch (request.scheme) {
      case "RSASSA-PKCS1-v1_5":
        return [NODE_HASHES[request.hash], data, { key, padding: constants.RSA_PKCS1_PADDING }];
      case "RSA-PSS": {
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        return [NODE_HASHES[request.hash], data, { key, padding, saltLength: request.saltBytes }];
      }
      case "ECDSA":
        return [NODE_HASHES[request.hash], data, { key, dsaEncoding: "ieee-p1363" }];
      case "Ed25519":
        return [null, data, { key }];
    }
  }

  #agreeing(): AgreementKeys {
    return { privateKey: this.key as KeyObject, publicKey: this.#other as KeyObject };
  }

  #oaep(hash: keyof typeof NODE_HASHES) {
    const oaepLabel = this.#parts[1] as Buffer;
    return {
      key: this.key as KeyObject,
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: NODE_HASHES[hash],
      oaepLabel,
    };
  }

  #aesInput() {
    const [key, vector, additional, data] = this.#parts as [Buffer, Buffer, Buffer, Buffer];
    return { key, vector, additional, data };
  }

  async #oaepLater(request: OaepRequest): Promise<Buffer> {
    const { cipher: name, hash, op } = request;
    const key = (this.key as KeyObject).toCryptoKey({ name, hash }, false, [op]);
    const algorithm = { name, label: whole(this.#parts[1] as Buffer) };
    return Buffer.from(await subtle[op](algorithm, key, whole(this.#parts[3] as Buffer)));
  }

  async #aesLater(request: AesRequest): Promise<Buffer> {
    const { cipher: name, op } = request;
    const { key: bytes, vector, additional, data } = this.#aesInput();
    if (name === "AES-KW") throw new Error(`keys of more than ${COMPUTE_BYTES_MAX} bytes are not wrapped`);
    const key = await subtle.importKey("raw", whole(bytes), name, false, [op]);
    const iv = whole(vector);
    const algorithm = {
      "AES-CBC": { name, iv },
      "AES-CTR": { name, counter: iv, length: "counterBits" in request ? request.counterBits : 0 },
      "AES-GCM": { name, iv, additionalData: whole(additional), tagLength: "tagBits" in request ? request.tagBits : 0 },
    }[name];
    return Buffer.from(await subtle[op](algorithm, key, whole(data)));
  }
}

function generateOptions(request: RequestOf<"generate">): [type: string, options: object] {
  const { kind, modulusBits, exponent } = request;
  switch (kind) {
    case "RSA":
      return ["rsa", { modulusLength: modulusBits, publicExponent: exponent }];
    case "Ed25519":
    case "X25519":
      return [kind.toLowerCase(), {}];
    default:
      return ["ec", { namedCurve: kind }];
  }
}

function pairOf({ publicKey, privateKey }: Pair): Buffer {
  return pair(derOf(publicKey), derOf(privateKey));
}

function pair(first: Buffer, second: Buffer): Buffer {
  const head = Buffer.alloc(PAIR_HEAD_BYTES);
  head.writeUInt32LE(first.length);
  return Buffer.concat([head, first, second]);
}

function answerOf(isRight: boolean): Buffer {
  return Buffer.from([isRight ? 1 : 0]);
}

/** The types of webcrypto want to know that the memory is not shared. */
function whole(part: Buffer): Uint8Array<ArrayBuffer> {
  return part as Uint8Array<ArrayBuffer>;
}
