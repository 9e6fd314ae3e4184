/** Pixels as red, green, blue and alpha, a byte each, row by row. */
export interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/**
 * A smaller image in which each pixel is the mean of the area that it covers, what is transparent counting for less. It needs no more
 * memory than a few rows beside the result: that of codecs and of the image itself is what the heap limit is for.
 *
 * @param width at most the image's; the height follows from it.
 */
export function shrink(image: Pixels, width: number): Pixels {
  const height = Math.max(1, Math.round((image.height * width) / image.width));
  if (width >= image.width) return image;
  const data = new Uint8ClampedArray(width * height * 4);
  const row = new Float64Array(width * 4);
  const sums = new Float64Array(width * 4);
  const perRow = image.height / height;
  let filled = 0;
  let target = 0;
  for (let y = 0; y < image.height; y++) {
    meanOfRow(image, y, row);
    // The part of this row that belongs to the row that is being filled; the rest is the next one's.
    const end = (target + 1) * perRow;
    const share = Math.min(1, end - y);
    for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] as number) + (row[at] as number) * share;
    filled += share;
    const isLast = y === image.height - 1;
    if (y + 1 < end && !isLast) continue;
    writeRow(sums, filled, data, target * width * 4);
    target += 1;
    filled = isLast ? 0 : 1 - share;
    for (let at = 0; at < sums.length; at++) sums[at] = (row[at] as number) * filled;
    if (target === height) break;
  }
  return { data, width, height };
}

/** The row with as many pixels as `row` has room for, colours multiplied by their alpha. */
function meanOfRow({ data, width }: Pixels, y: number, row: Float64Array): void {
  const columns = row.length / 4;
  const perColumn = width / columns;
  let x = 0;
  for (let column = 0; column < columns; column++) {
    const end = column === columns - 1 ? width : (column + 1) * perColumn;
    let [red, green, blue, alpha, weight] = [0, 0, 0, 0, 0];
    for (let at = column * perColumn; at < end && x < width; ) {
      const share = Math.min(x + 1, end) - at;
      const pixel = (y * width + x) * 4;
      const opacity = (data[pixel + 3] as number) * share;
      red += (data[pixel] as number) * opacity;
      green += (data[pixel + 1] as number) * opacity;
      blue += (data[pixel + 2] as number) * opacity;
      alpha += opacity;
      weight += share;
      at += share;
      if (x + 1 > end) break;
      x += 1;
    }
    const to = column * 4;
    row[to] = red / weight;
    row[to + 1] = green / weight;
    row[to + 2] = blue / weight;
    row[to + 3] = alpha / weight;
  }
}

function writeRow(sums: Float64Array, rows: number, data: Uint8ClampedArray, at: number): void {
  for (let from = 0; from < sums.length; from += 4) {
    const alpha = sums[from + 3] as number;
    for (let channel = 0; channel < 3; channel++)
      data[at + from + channel] = alpha === 0 ? 0 : (sums[from + channel] as number) / alpha;
    data[at + from + 3] = alpha / rows;
  }
}
