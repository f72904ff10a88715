/** Pixels that a picture may have, as many as sharp takes: a small file that claims more must not fill the memory. */
const mostPixels = 0x3fff * 0x3fff;

/** Throws an `Error` with the bare reason unless a picture may have this size. */
export function checkSize(width: number, height: number): void {
  if (!(width > 0 && height > 0)) throw new Error(`its size is ${width}×${height}`);
  if (width * height > mostPixels) {
    throw new Error(`it has ${width}×${height} pixels, more than the ${mostPixels} that are read`);
  }
}
