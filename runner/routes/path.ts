/** Whether a path has anything that {@link canonicalPath} would change. */
const NOT_CANONICAL = /%|\/\/|\/\.{1,2}(?:\/|$)|.\/$/;

/**
 * The path by which routes are matched; the function still sees the URL as it was sent.
 *
 * - `.` and `..`, also percent-encoded, are resolved first, so that no route can be walked around;
 * - repeated slashes count as one, a slash at the end does not count;
 * - each segment is percent-decoded: an encoded slash stays part of its segment, written `%2F`, and a percent sign `%25`;
 * - a segment with broken percent-encoding is compared as it is. Letters keep their case.
 *
 * @param pathname of a URL, query and fragment cut off.
 */
export function canonicalPath(pathname: string): string {
  if (!NOT_CANONICAL.test(pathname)) return pathname;
  const segments: string[] = [];
  for (const raw of pathname.split("/")) {
    const segment = canonicalSegment(raw);
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(segment);
  }
  return `/${segments.join("/")}`;
}

export function canonicalSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment).replaceAll("%", "%25").replaceAll("/", "%2F");
  } catch {
    return segment;
  }
}
