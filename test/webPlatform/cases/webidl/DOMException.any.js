idl_test(`
[Exposed=*, Serializable]
interface DOMException { // but see below note about JavaScript binding
  constructor(optional DOMString message = "", optional DOMString name = "Error");
  readonly attribute DOMString name;
  readonly attribute DOMString message;
  readonly attribute unsigned short code;

  const unsigned short INDEX_SIZE_ERR = 1;
  const unsigned short DOMSTRING_SIZE_ERR = 2;
  const unsigned short HIERARCHY_REQUEST_ERR = 3;
  const unsigned short WRONG_DOCUMENT_ERR = 4;
  const unsigned short INVALID_CHARACTER_ERR = 5;
  const unsigned short NO_DATA_ALLOWED_ERR = 6;
  const unsigned short NO_MODIFICATION_ALLOWED_ERR = 7;
  const unsigned short NOT_FOUND_ERR = 8;
  const unsigned short NOT_SUPPORTED_ERR = 9;
  const unsigned short INUSE_ATTRIBUTE_ERR = 10;
  const unsigned short INVALID_STATE_ERR = 11;
  const unsigned short SYNTAX_ERR = 12;
  const unsigned short INVALID_MODIFICATION_ERR = 13;
  const unsigned short NAMESPACE_ERR = 14;
  const unsigned short INVALID_ACCESS_ERR = 15;
  const unsigned short VALIDATION_ERR = 16;
  const unsigned short TYPE_MISMATCH_ERR = 17;
  const unsigned short SECURITY_ERR = 18;
  const unsigned short NETWORK_ERR = 19;
  const unsigned short ABORT_ERR = 20;
  const unsigned short URL_MISMATCH_ERR = 21;
  const unsigned short QUOTA_EXCEEDED_ERR = 22;
  const unsigned short TIMEOUT_ERR = 23;
  const unsigned short INVALID_NODE_TYPE_ERR = 24;
  const unsigned short DATA_CLONE_ERR = 25;
};`);

const CODES = {
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  NotFoundError: 8,
  NotSupportedError: 9,
  InvalidStateError: 11,
  SyntaxError: 12,
  TypeMismatchError: 17,
  AbortError: 20,
  TimeoutError: 23,
  DataCloneError: 25,
  EncodingError: 0,
  OperationError: 0,
  NotAllowedError: 0,
  toString: 0,
};
for (const [name, code] of Object.entries(CODES)) {
  test(() => {
    const error = new DOMException("text", name);
    assert_equals(error.name, name);
    assert_equals(error.message, "text");
    assert_equals(error.code, code);
    assert_equals(`${error}`, `${name}: text`);
  }, `a ${name} has code ${code}`);
}

test(() => {
  const error = new DOMException();
  assert_equals(error.name + error.message + error.code, "Error0");
  assert_equals(new DOMException(null).message, "null");
  assert_equals(new DOMException(undefined, undefined).name, "Error");
  assert_false(Object.hasOwn(error, "message") || Object.hasOwn(error, "name") || Object.hasOwn(error, "code"));
}, "defaults");

test(() => {
  const error = new DOMException("text", "AbortError");
  assert_true(error instanceof Error);
  assert_class_string(error, "DOMException");
  assert_equals(typeof error.stack, "string");
  assert_true(error.stack.includes("text"));
  assert_equals(Object.getPrototypeOf(DOMException.prototype), Error.prototype);
  assert_false(Object.hasOwn(DOMException.prototype, "toString"));
  if (Error.isError) assert_true(Error.isError(error));
}, "it is an error, with a stack");

test(() => {
  class Own extends DOMException {}
  const error = new Own("text", "DataCloneError");
  assert_true(error instanceof Own && error instanceof DOMException);
  assert_equals(error.code, 25);
}, "can be subclassed");
