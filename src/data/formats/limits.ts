/** Pixels that a run takes at most, for each of its bytes: a pair of (count, index) stands for up to 255. */
const pixelsPerByte = 128;
/** Bitmaps may jump over pixels, so some are there without a run. */
const freePixels = 2 ** 22;

/** Throws an `Error` with the bare reason if runs of so many bytes are far too few for a picture of this size. */
export function checkRuns(width: number, height: number, bytes: number): void {
  if (width * height > pixelsPerByte * bytes + freePixels) {
    throw new Error(`it has ${bytes} bytes of runs, too few for ${width}×${height} pixels`);
  }
}
