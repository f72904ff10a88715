/** Reads the colours of a bitmap as RGB, whatever their alpha. Throws any error if the browser cannot. */
export type ReadPixels = (bitmap: ImageBitmap) => Promise<Uint8Array>;

/** Pixels that are read at a time, four bytes each. */
const pixelsAtOnce = 2 ** 22;

/** Of opaque pixels only: a canvas multiplies colours by their alpha. */
export const byCanvas: ReadPixels = (bitmap) => {
  const { width, height } = bitmap;
  const rows = rowsAtOnce(width, height);
  const context = new OffscreenCanvas(width, rows).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('there is no canvas');
  // Else what is drawn is blended with what was there.
  context.globalCompositeOperation = 'copy';
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y += rows) {
    const there = Math.min(rows, height - y);
    context.drawImage(bitmap, 0, -y);
    withoutAlpha(context.getImageData(0, 0, width, there).data, rgb, y * width);
  }
  return Promise.resolve(rgb);
};

export const byVideoFrame: ReadPixels = async (bitmap) => {
  const { width, height } = bitmap;
  const frame = new VideoFrame(bitmap, { timestamp: 0, alpha: 'keep' });
  try {
    const rgba = new Uint8Array(4 * width * height);
    await frame.copyTo(rgba, { format: 'RGBA' });
    const rgb = new Uint8Array(3 * width * height);
    withoutAlpha(rgba, rgb, 0);
    return rgb;
  } finally {
    frame.close();
  }
};

export const byWebGl: ReadPixels = (bitmap) => {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (gl === null) throw new Error('there is no WebGL');
  try {
    if (Math.max(width, height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) {
      throw new Error(`its ${width}×${height} pixels are more than this browser reads with their alpha`);
    }
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const rgb = new Uint8Array(3 * width * height);
    const rows = rowsAtOnce(width, height);
    const rgba = new Uint8Array(4 * width * rows);
    for (let y = 0; y < height; y += rows) {
      const there = Math.min(rows, height - y);
      gl.readPixels(0, y, width, there, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
      withoutAlpha(rgba.subarray(0, 4 * width * there), rgb, y * width);
    }
    return Promise.resolve(rgb);
  } finally {
    // A browser has a few of these contexts only, and frees them when it likes.
    gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
};

function rowsAtOnce(width: number, height: number): number {
  return Math.max(1, Math.min(height, Math.floor(pixelsAtOnce / width)));
}

/** Writes RGBA as RGB, from pixel `to` on. */
export function withoutAlpha(rgba: Uint8Array | Uint8ClampedArray, rgb: Uint8Array, to: number): void {
  for (let from = 0, at = 3 * to; from < rgba.length; from += 4) {
    rgb[at++] = rgba[from];
    rgb[at++] = rgba[from + 1];
    rgb[at++] = rgba[from + 2];
  }
}
