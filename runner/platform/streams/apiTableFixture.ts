import type { ApiRow } from "../apiTableFixture.ts";

const STREAM_USE = `const chunks = []; const stream = new ReadableStream({ start(c) { c.enqueue("a"); c.enqueue("b"); c.close(); } });
  const [one, two] = stream.tee(); for await (const chunk of one) chunks.push(chunk);
  const through = two.pipeThrough(new TransformStream({ transform(chunk, c) { c.enqueue(chunk + "!"); } }));
  const reader = through.getReader(); for (let r = await reader.read(); !r.done; r = await reader.read()) chunks.push(r.value); reader.releaseLock();
  const bytes = new ReadableStream({ type: "bytes", pull(c) { c.enqueue(new Uint8Array([1, 2, 3])); c.close(); c.byobRequest?.respond(0); } });
  const byob = bytes.getReader({ mode: "byob" }); const { value } = await byob.read(new Uint8Array(2)); chunks.push(value.length); await byob.cancel();
  const written = []; const sink = new WritableStream({ write(chunk) { written.push(chunk); } }); const writer = sink.getWriter();
  await writer.ready; await writer.write("w"); await writer.close(); await writer.closed; return [chunks.join(), written.join(), sink.locked];`;

/** The globals of the Streams and Compression standards, and those that are streams of text. */
export const STREAM_API: Readonly<Record<string, ApiRow>> = {
  ByteLengthQueuingStrategy: {
    members: ".highWaterMark .size",
    use: "const s = new ByteLengthQueuingStrategy({ highWaterMark: 3 }); return [s.highWaterMark, s.size(new Uint8Array(4))];",
  },
  CompressionStream: {
    members: ".readable .writable",
    use: `const out = []; for (const format of ["gzip", "brotli"]) out.push(await new Response(new Response("pack me").body.pipeThrough(new CompressionStream(format)).pipeThrough(new DecompressionStream(format))).text()); return out;`,
  },
  CountQueuingStrategy: {
    members: ".highWaterMark .size",
    use: "const s = new CountQueuingStrategy({ highWaterMark: 3 }); return [s.highWaterMark, s.size()];",
  },
  DecompressionStream: {
    members: ".readable .writable",
    use: `try { await new Response(new Response("no gzip").body.pipeThrough(new DecompressionStream("gzip"))).text(); } catch (e) { return e.name; }`,
  },
  ReadableByteStreamController: { members: ".byobRequest .close .desiredSize .enqueue .error", use: STREAM_USE },
  ReadableStream: { members: "from .cancel .getReader .locked .pipeThrough .pipeTo .tee .values", use: STREAM_USE },
  ReadableStreamBYOBReader: { members: ".cancel .closed .read .releaseLock", use: STREAM_USE },
  ReadableStreamBYOBRequest: { members: ".respond .respondWithNewView .view", use: STREAM_USE },
  ReadableStreamDefaultController: { members: ".close .desiredSize .enqueue .error", use: STREAM_USE },
  ReadableStreamDefaultReader: { members: ".cancel .closed .read .releaseLock", use: STREAM_USE },
  TextDecoderStream: {
    members: ".encoding .fatal .ignoreBOM .readable .writable",
    use: `const s = new TextDecoderStream("utf-8", { fatal: true }); const out = []; for await (const t of new Blob(["aé"]).stream().pipeThrough(s)) out.push(t); return [s.encoding, s.fatal, s.ignoreBOM, out.join("|")];`,
  },
  TextEncoderStream: {
    members: ".encoding .readable .writable",
    use: `const s = new TextEncoderStream(); const w = s.writable.getWriter(); w.write("aé"); w.close(); const out = []; for await (const b of s.readable) out.push(b.length); return [s.encoding, out.join()];`,
  },
  TransformStream: { members: ".readable .writable", use: STREAM_USE },
  TransformStreamDefaultController: { members: ".desiredSize .enqueue .error .terminate", use: STREAM_USE },
  WritableStream: { members: ".abort .close .getWriter .locked", use: STREAM_USE },
  WritableStreamDefaultController: { members: ".error .signal", use: STREAM_USE },
  WritableStreamDefaultWriter: {
    members: ".abort .close .closed .desiredSize .ready .releaseLock .write",
    use: STREAM_USE,
  },
};
