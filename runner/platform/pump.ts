import { SendWindow } from "../protocol/credit.ts";
import { TO_HOST } from "../worker/isolatePort.ts";
import { exactBuffer } from "./bytes.ts";
import { errorText } from "./describe.ts";
import type { ByteReader } from "./fetch/byteReader.ts";
import { coalesced } from "./fetch/coalesced.ts";
import { host } from "./host.ts";
import { bodyKey } from "./hostBody.ts";
import { safeMap } from "./primordials.ts";

interface Pump {
  readonly call: number;
  readonly window: SendWindow;
  /** Set while it waits for credit. */
  wake: (() => void) | undefined;
  stop(reason: unknown): void;
}

const pumps = safeMap<number, Pump>();

/**
 * Sends a body to the host in parts of 16 to 64 KB where it has as much at hand, as fast as credit comes back: the response of a call (id 0), or the body of a
 * sub-request. Resolves when the last part is out, the body has failed (the host is told why), or `stopPumps` ended it.
 */
export async function pump(body: ByteReader, call: number, id: number): Promise<void> {
  const source = coalesced(body);
  const { send } = host();
  const window = new SendWindow();
  let stopped = false;
  const self: Pump = {
    call,
    window,
    wake: undefined,
    stop(reason) {
      stopped = true;
      source.cancel(reason);
      self.wake?.();
    },
  };
  const key = bodyKey(call, id);
  pumps.set(key, self);
  try {
    for (;;) {
      const chunk = await source.read();
      if (stopped) return;
      if (chunk === undefined) break;
      for (let at = 0; at < chunk.length; ) {
        while (window.partBytes === 0) {
          await new Promise<void>((resolve) => {
            self.wake = resolve;
          });
          if (stopped) return;
        }
        const bytes = Math.min(window.partBytes, chunk.length - at);
        window.spend(bytes);
        send(TO_HOST.part, call, id, "", exactBuffer(chunk.subarray(at, at + bytes)));
        at += bytes;
      }
    }
    send(TO_HOST.partEnd, call, id, "");
  } catch (error) {
    if (stopped) return;
    source.cancel(error);
    send(TO_HOST.partFailed, call, id, errorText(error));
  } finally {
    pumps.delete(key);
  }
}

/** The host has taken so many bytes. */
export function credited(call: number, id: number, bytes: number): void {
  const found = pumps.get(bodyKey(call, id));
  found?.window.grant(bytes);
  found?.wake?.();
}

/** Ends a call's streams towards the host: their sources are cancelled with `reason`, made when there is one. */
export function stopPumps(call: number, reason: () => unknown): void {
  pumps.forEach((found) => {
    if (found.call === call) found.stop(reason());
  });
}

/** The host wants no more of one body. */
export function stopPump(call: number, id: number, reason: unknown): void {
  pumps.get(bodyKey(call, id))?.stop(reason);
}
