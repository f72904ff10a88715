/** Pixels that a picture may have, as many as sharp takes: a small file that claims more must not fill the memory. */
const mostPixels = 0x3fff * 0x3fff;

/** Throws an `Error` with the bare reason unless a picture may have this size. */
export function checkSize(width: number, height: number): void {
  if (!(width > 0 && height > 0)) throw new Error(`its size is ${width}×${height}`);
  if (width * height > mostPixels) {
    throw new Error(`it has ${width}×${height} pixels, more than the ${mostPixels} that are read`);
  }
}

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
