/** What imports give that are no code. An ending of its own says it for files with other names: `./words.list?text`. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "*?module" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "*.bin" {
  const data: ArrayBuffer;
  export default data;
}
declare module "*?data" {
  const data: ArrayBuffer;
  export default data;
}
declare module "*.txt" {
  const text: string;
  export default text;
}
declare module "*.html" {
  const text: string;
  export default text;
}
declare module "*.md" {
  const text: string;
  export default text;
}
declare module "*.sql" {
  const text: string;
  export default text;
}
declare module "*?text" {
  const text: string;
  export default text;
}
