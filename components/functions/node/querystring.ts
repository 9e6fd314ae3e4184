import querystring from "unenv/node/querystring";

const { decode, encode, parse, stringify } = querystring;
const { escape: escapeText, unescape: unescapeText } = querystring;

export { decode, encode, escapeText as escape, parse, stringify, unescapeText as unescape };
export default querystring;
