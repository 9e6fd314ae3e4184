import { apply, defineProperty, getOwnPropertyDescriptor } from "../primordials.ts";
import { isObject } from "../webidl.ts";
import type { Event } from "./event.ts";
import { addListener, type EventTarget, removeListener } from "./eventTarget.ts";

interface Handler {
  value: object;
  readonly listener: (event: Event) => void;
}

const handlers = new WeakMap<EventTarget, Map<string, Handler>>();
const { get: getHandlers, set: setHandlers } = WeakMap.prototype;

/** The value of an `on…` attribute. */
export function handlerOf(target: EventTarget, type: string): object | null {
  return ofTarget(target).get(type)?.value ?? null;
}

/**
 * Sets an `on…` attribute: it listens from the time of its first value, among the other listeners.
 *
 * @param run calls the handler and does with its result what the kind of event wants
 */
export function setHandler(
  target: EventTarget,
  type: string,
  given: unknown,
  run: (value: object, event: Event) => void = runHandler,
): void {
  const own = ofTarget(target);
  const known = own.get(type);
  const value = isObject(given) ? given : null;
  if (value === null) {
    own.delete(type);
    if (known !== undefined) removeListener(target, type, known.listener, undefined);
    return;
  }
  if (known !== undefined) {
    known.value = value;
    return;
  }
  const handler: Handler = { value, listener: (event) => run(handler.value, event) };
  own.set(type, handler);
  addListener(target, type, handler.listener, undefined);
}

function runHandler(value: object, event: Event): void {
  if (typeof value === "function" && apply(value, event.currentTarget, [event]) === false) event.preventDefault();
}

/** Gives an interface the attributes `on<type>`. @param is whether a value is of the interface */
export function defineHandlers(
  Class: { readonly prototype: EventTarget },
  is: (value: unknown) => boolean,
  types: readonly string[],
  whenSet: (target: EventTarget) => void = () => {},
): void {
  const checked = (target: unknown) => {
    if (!is(target)) throw new TypeError("Illegal invocation");
    return target as EventTarget;
  };
  for (const type of types) {
    const name = `on${type}`;
    const accessor = {
      get [name](): object | null {
        return handlerOf(checked(this), type);
      },
      set [name](value: unknown) {
        const target = checked(this);
        setHandler(target, type, value);
        whenSet(target);
      },
    };
    defineProperty(Class.prototype, name, getOwnPropertyDescriptor(accessor, name) as PropertyDescriptor);
  }
}

function ofTarget(target: EventTarget): Map<string, Handler> {
  const known = apply(getHandlers, handlers, [target]) as Map<string, Handler> | undefined;
  if (known !== undefined) return known;
  const own = new Map<string, Handler>();
  apply(setHandlers, handlers, [target, own]);
  return own;
}
