/**
 * The segments by which a path is matched. The function still sees the URL as it was sent.
 *
 * - `.` and `..`, also percent-encoded, are resolved first, so that no route can be walked around;
 * - repeated slashes count as one, a slash at the end does not count;
 * - each segment is percent-decoded after the split: an encoded slash stays part of its segment;
 * - a segment with broken percent-encoding is compared as it is. Letters keep their case.
 *
 * @param pathname of a URL, query and fragment cut off.
 */
export function pathSegments(pathname: string): string[] {
  const segments: string[] = [];
  for (const raw of pathname.split("/")) {
    if (raw === "") continue;
    const segment = raw.includes("%") ? decoded(raw) : raw;
    if (segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(segment);
  }
  return segments;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
