/**
 * The palette indices of a run-length encoded bitmap, a byte each, rows as they are stored: pairs of (count, index), and
 * escapes for the end of a row, the end of the picture, a jump, and indices as they are. What is jumped over is 0.
 *
 * Throws an `Error` with the bare reason if it is truncated.
 */
export function decodeRuns(raster: Uint8Array, width: number, height: number, nibbles: boolean): Uint8Array {
  const indices = new Uint8Array(width * height);
  let at = 0;
  let x = 0;
  let y = 0;
  const next = (): number => {
    if (at >= raster.length) throw new Error('it is truncated');
    return raster[at++];
  };
  /** Indices beyond the end of a row are dropped. */
  const put = (index: number): void => {
    if (x < width && y < height) indices[y * width + x] = index;
    x++;
  };
  while (y < height) {
    // Some programs leave the last mark of the end out.
    if (at >= raster.length && y === height - 1 && x >= width) break;
    const count = next();
    const value = next();
    if (count > 0) {
      for (let n = 0; n < count; n++) put(nibbles ? (n % 2 === 0 ? value >> 4 : value & 15) : value);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      x += next();
      y += next();
    } else {
      const length = nibbles ? Math.ceil(value / 2) : value;
      for (let n = 0; n < length; n++) {
        const byte = next();
        if (!nibbles) put(byte);
        else {
          put(byte >> 4);
          if (2 * n + 1 < value) put(byte & 15);
        }
      }
      // The next pair begins at an even place.
      if (length % 2 === 1) next();
    }
  }
  return indices;
}
