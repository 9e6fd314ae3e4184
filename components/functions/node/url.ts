import url from "unenv/node/url";

export const { Url, domainToASCII, domainToUnicode, fileURLToPath, format } = url;
export const { parse, pathToFileURL, resolve, resolveObject, urlToHttpOptions } = url;
export const { URL, URLSearchParams } = globalThis;
export default { ...url, URL, URLSearchParams };
