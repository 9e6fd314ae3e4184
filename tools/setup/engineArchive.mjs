// @ts-check
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./command.mjs";
import { enginePrograms } from "./engineChoice.mjs";
import { Interrupted } from "./problem.mjs";

/** Until the server answers. Short: where the network refuses it, a build of minutes waits behind it. */
const answerLimitMs = 4000;

/** Between two pieces of the download. */
const stallLimitMs = 15_000;

/**
 * Fetches the vendor's archive, checks it against the vendor's list of checksums and puts the engine's programs into a folder.
 * @param {{ url: string, checksumsUrl: string, file: string }} archive
 * @param {string} into an existing folder
 * @param {{ progress: { at: (detail: string) => void }, signal: AbortSignal }} context
 * @throws {Error} saying why it cannot be had
 */
export async function fetchEngine({ url, checksumsUrl, file }, into, { progress, signal }) {
  progress.at(`asks ${new URL(url).host}`);
  const wanted = checksumOf(file, await fetchText(checksumsUrl, signal));
  const path = join(into, file);
  const got = await download(url, path, { progress, signal });
  if (got !== wanted) throw new Error(`${url} has the SHA-256 ${got}, but ${checksumsUrl} says ${wanted}`);

  progress.at("unpacks");
  const unpacked = join(into, "unpacked");
  mkdirSync(unpacked);
  await run("tar", ["-xzf", path, "-C", unpacked], { signal });
  const folder = ["pulumi/bin", "pulumi"]
    .map((name) => join(unpacked, name))
    .find((dir) => existsSync(join(dir, "pulumi")));
  for (const program of enginePrograms) {
    if (!folder || !existsSync(join(folder, program))) throw new Error(`${file} holds no ${program}`);
    renameSync(join(folder, program), join(into, program));
  }
}

/**
 * @param {string} file the archive's name
 * @param {string} checksums lines of `<SHA-256 in hex>  <name>`
 */
export function checksumOf(file, checksums) {
  const line = checksums.split("\n").find((text) => text.trim().split(/\s+/)[1] === file);
  const sum = line?.trim().split(/\s+/)[0] ?? "";
  if (!/^[0-9a-f]{64}$/.test(sum)) throw new Error(`the vendor's checksums have no SHA-256 for ${file}`);
  return sum;
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function fetchText(url, signal) {
  const chunks = [];
  for await (const { chunk } of pieces(url, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * @param {string} url
 * @param {string} path
 * @param {{ progress: { at: (detail: string) => void }, signal: AbortSignal }} context
 * @returns {Promise<string>} the SHA-256 of what came, in hex
 */
async function download(url, path, { progress, signal }) {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  let bytes = 0;
  try {
    for await (const { chunk, totalBytes } of pieces(url, signal)) {
      hash.update(chunk);
      await file.write(chunk);
      bytes += chunk.byteLength;
      progress.at(
        `downloads the official archive: ${megabytes(bytes)}${totalBytes ? ` of ${megabytes(totalBytes)}` : ""} MB`,
      );
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/**
 * The body of a GET, piece by piece, given up when nothing comes for a while.
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function* pieces(url, signal) {
  const gaveUp = new AbortController();
  const interrupt = () => gaveUp.abort(new Interrupted());
  if (signal.aborted) interrupt();
  signal.addEventListener("abort", interrupt, { once: true });
  const host = new URL(url).host;
  const wait = (/** @type {number} */ ms) =>
    setTimeout(() => gaveUp.abort(new Error(`${host} sent nothing for ${ms / 1000} s`)), ms);
  let timer = wait(answerLimitMs);
  try {
    const response = await fetch(url, { signal: gaveUp.signal });
    if (!response.ok || !response.body) throw new Error(`${url} answered with status ${response.status}`);
    const totalBytes = Number(response.headers.get("content-length")) || undefined;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = wait(stallLimitMs);
      yield { chunk: Buffer.from(chunk), totalBytes };
    }
  } catch (error) {
    if (gaveUp.signal.aborted) throw gaveUp.signal.reason;
    // fetch says only "fetch failed"; the cause has the reason.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw cause instanceof Error && cause.message ? cause : new Error(`${host} cannot be reached`, { cause });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", interrupt);
  }
}

/** @param {number} bytes */
function megabytes(bytes) {
  return Math.round(bytes / 1e6);
}
