const SEGMENT = /^[A-Za-z0-9._~!$&'()+,;=@%-]+$/;
const PARAMETER = /^:[A-Za-z_][A-Za-z0-9_]*$/;
const LONGEST_ROUTE_CHARS = 512;

/** What is wrong with a route pattern, as the end of a sentence; null when nothing is. */
export function routeFault(route: string): string | null {
  if (route === "/") return null;
  if (!route.startsWith("/")) return "does not start with /";
  if (route.length > LONGEST_ROUTE_CHARS) return `is longer than ${LONGEST_ROUTE_CHARS} characters`;
  const segments = route.slice(1).split("/");
  const parameters = new Set<string>();
  for (const [index, segment] of segments.entries()) {
    if (segment === "") return index === segments.length - 1 ? "ends with /" : "has an empty segment";
    if (segment === "." || segment === "..") return `has the segment ${segment}`;
    if (segment === "*") {
      if (index !== segments.length - 1) return "has * before its end";
    } else if (segment.startsWith(":")) {
      if (!PARAMETER.test(segment)) return `has ${segment}, which is not a parameter name`;
      if (parameters.has(segment)) return `has the parameter ${segment} twice`;
      parameters.add(segment);
    } else if (!SEGMENT.test(segment)) {
      return `has ${segment.includes("*") ? "* inside a segment" : `the segment ${JSON.stringify(segment)}`}`;
    }
  }
  return null;
}

/** Equal for two routes that match the same paths: parameter names do not count. */
export function routeShape(route: string): string {
  return route.replaceAll(/\/:[^/]+/g, "/:");
}
