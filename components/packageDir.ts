import { fileURLToPath } from "node:url";

/** Folder of the edge-fleet package: its own programs are below it, wherever the project that uses it is. */
export const PACKAGE_DIR = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
