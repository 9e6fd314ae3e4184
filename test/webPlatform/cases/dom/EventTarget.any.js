idl_test(`
[Exposed=*]
interface EventTarget {
  constructor();

  undefined addEventListener(DOMString type, EventListener? callback, optional (AddEventListenerOptions or boolean) options = {});
  undefined removeEventListener(DOMString type, EventListener? callback, optional (EventListenerOptions or boolean) options = {});
  boolean dispatchEvent(Event event);
};`);

function heard(prepare, event = new Event("x", { cancelable: true })) {
  const target = new EventTarget();
  const seen = [];
  prepare(target, (name) => () => seen.push(name), seen);
  const result = target.dispatchEvent(event);
  return { seen, result, event };
}

test(() => {
  const { seen } = heard((target, note) => {
    target.addEventListener("x", note("bubble"));
    target.addEventListener("x", note("capture"), true);
    target.addEventListener("x", note("capture 2"), { capture: 1 });
    target.addEventListener("y", note("no"));
  });
  assert_array_equals(seen, ["capture", "capture 2", "bubble"]);
}, "capturing listeners come first, else the order of adding counts");

test(() => {
  const { seen } = heard((target, note) => {
    const same = note("same");
    target.addEventListener("x", same);
    target.addEventListener("x", same, { once: true });
    target.addEventListener("x", same, true);
    target.removeEventListener("x", same, { capture: false });
    target.addEventListener("x", note("other"));
  });
  assert_array_equals(seen, ["same", "other"]);
}, "a listener is known by its type, callback and capture");

test(() => {
  const target = new EventTarget();
  let count = 0;
  target.addEventListener("x", () => count++, { once: true });
  target.dispatchEvent(new Event("x"));
  target.dispatchEvent(new Event("x"));
  assert_equals(count, 1);
  const again = () => {
    count++;
    target.dispatchEvent(new Event("z"));
  };
  target.addEventListener("z", again, { once: true });
  target.dispatchEvent(new Event("z"));
  assert_equals(count, 2);
}, "once");

test(() => {
  const { event, result } = heard((target) =>
    target.addEventListener("x", (e) => e.preventDefault(), { passive: true }),
  );
  assert_true(result);
  assert_false(event.defaultPrevented);
  const second = heard((target) => {
    target.addEventListener("x", () => {}, { passive: true });
    target.addEventListener("x", (e) => e.preventDefault(), { passive: false });
  });
  assert_false(second.result);
}, "passive listeners cannot cancel");

test(() => {
  const controller = new AbortController();
  const { seen } = heard((target, note) => {
    target.addEventListener("x", note("gone"), { signal: controller.signal });
    target.addEventListener("x", note("never"), { signal: AbortSignal.abort() });
    target.addEventListener("x", note("stays"), { signal: new AbortController().signal });
    controller.abort();
  });
  assert_array_equals(seen, ["stays"]);
  const target = new EventTarget();
  assert_throws_js(TypeError, () => target.addEventListener("x", () => {}, { signal: null }));
  assert_throws_js(TypeError, () => target.addEventListener("x", () => {}, { signal: {} }));
  assert_throws_js(TypeError, () => target.addEventListener("x", null, { signal: {} }));
}, "signal");

test(() => {
  const controller = new AbortController();
  const { seen } = heard((target, note) => {
    target.addEventListener("x", () => controller.abort());
    target.addEventListener("x", note("no"), { signal: controller.signal });
  });
  assert_array_equals(seen, []);
}, "a signal that aborts during a dispatch takes listeners out of it");

test(() => {
  const { seen } = heard((target, note) => {
    const gone = note("gone");
    target.addEventListener("x", () => {
      target.removeEventListener("x", gone);
      target.addEventListener("x", note("late"));
    });
    target.addEventListener("x", gone);
  });
  assert_array_equals(seen, []);
}, "during a dispatch removed listeners are left out, new ones wait");

test(() => {
  const { seen } = heard((target, note) => {
    target.addEventListener("x", (e) => e.stopImmediatePropagation());
    target.addEventListener("x", note("no"));
  });
  assert_array_equals(seen, []);
  const second = heard((target, note) => {
    target.addEventListener("x", (e) => e.stopPropagation(), true);
    target.addEventListener("x", note("same phase"), true);
    target.addEventListener("x", note("no"));
  });
  assert_array_equals(second.seen, ["same phase"]);
  assert_false(second.event.cancelBubble);
  const stopped = new Event("x");
  stopped.stopPropagation();
  assert_array_equals(heard((target, note) => target.addEventListener("x", note("no")), stopped).seen, []);
}, "stopping an event");

test(() => {
  const seen = [];
  const object = {
    get handleEvent() {
      seen.push("get");
      return function (event) {
        seen.push(this === object, event.type);
      };
    },
  };
  const target = new EventTarget();
  target.addEventListener("x", object);
  target.dispatchEvent(new Event("x"));
  target.dispatchEvent(new Event("x"));
  assert_array_equals(seen, ["get", true, "x", "get", true, "x"]);
  let self;
  target.addEventListener("y", function () {
    self = this;
  });
  target.dispatchEvent(new Event("y"));
  assert_equals(self, target);
}, "handleEvent is looked up at each event");

test(() => {
  const target = new EventTarget();
  assert_equals(target.addEventListener("x", null), undefined);
  assert_equals(target.addEventListener("x", undefined), undefined);
  assert_equals(target.removeEventListener("x", null), undefined);
  for (const callback of [5, "x", true, Symbol("x")]) {
    assert_throws_js(TypeError, () => target.addEventListener("x", callback));
    assert_throws_js(TypeError, () => target.removeEventListener("x", callback));
  }
  assert_throws_js(TypeError, () => target.addEventListener("x"));
  assert_throws_js(TypeError, () => target.dispatchEvent());
  assert_throws_js(TypeError, () => target.dispatchEvent(null));
  assert_throws_js(TypeError, () => target.dispatchEvent({ type: "x" }));
}, "arguments");

test(() => {
  const target = new EventTarget();
  let error;
  target.addEventListener("x", (event) => {
    try {
      target.dispatchEvent(event);
    } catch (caught) {
      error = caught;
    }
  });
  target.dispatchEvent(new Event("x"));
  assert_equals(error.name, "InvalidStateError");
  assert_true(error instanceof DOMException);
}, "an event is dispatched once at a time");

test((t) => {
  const errors = [];
  const hear = (event) => {
    errors.push(event.error);
    event.preventDefault();
  };
  addEventListener("error", hear);
  t.add_cleanup(() => removeEventListener("error", hear));
  const thrown = new Error("of a listener");
  const { seen, result } = heard((target, note) => {
    target.addEventListener("x", () => {
      throw thrown;
    });
    target.addEventListener("x", {});
    target.addEventListener("x", note("goes on"));
  });
  assert_array_equals(seen, ["goes on"]);
  assert_true(result);
  assert_equals(errors[0], thrown);
  assert_equals(errors[1].constructor, TypeError);
}, "what a listener throws is reported, and the others run");

test(() => {
  class Own extends EventTarget {
    fire() {
      return this.dispatchEvent(new Event("own"));
    }
  }
  const own = new Own();
  let target;
  own.addEventListener("own", (event) => {
    target = event.target;
  });
  assert_true(own.fire());
  assert_equals(target, own);
}, "can be subclassed");

test(() => {
  const seen = [];
  const options = {
    get capture() {
      seen.push("capture");
      return false;
    },
    get once() {
      seen.push("once");
      return false;
    },
    get passive() {
      seen.push("passive");
      return false;
    },
    get signal() {
      seen.push("signal");
      return undefined;
    },
  };
  new EventTarget().addEventListener("x", () => {}, options);
  new EventTarget().removeEventListener("x", () => {}, options);
  assert_array_equals(seen, ["capture", "once", "passive", "signal", "capture"]);
}, "options are read in the order of Web IDL");
