idl_test(`
[Exposed=*]
interface ErrorEvent : Event {
  constructor(DOMString type, optional ErrorEventInit eventInitDict = {});

  readonly attribute DOMString message;
  readonly attribute USVString filename;
  readonly attribute unsigned long lineno;
  readonly attribute unsigned long colno;
  readonly attribute any error;
};`);

test(() => {
  const event = new ErrorEvent("error");
  assert_equals(event.message + event.filename + event.lineno + event.colno, "00");
  assert_equals(event.error, undefined);
  const full = new ErrorEvent("error", {
    message: 5,
    filename: "f",
    lineno: -1,
    colno: "7",
    error: null,
    cancelable: true,
  });
  assert_array_equals(
    [full.message, full.filename, full.lineno, full.colno, full.error],
    ["5", "f", 4294967295, 7, null],
  );
  assert_true(full.cancelable);
}, "its init");
