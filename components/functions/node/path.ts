import path from "path-browserify";

export const { basename, dirname, extname, format, isAbsolute, join, normalize, parse, relative, resolve } = path;
export const { delimiter, posix, sep } = path;
export default path;
