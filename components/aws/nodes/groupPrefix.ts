/** How names of a fleet's auto scaling groups begin; a region's ends with its code. */
export function groupPrefix(fleet: string): string {
  return `edge-${fleet}-`;
}
