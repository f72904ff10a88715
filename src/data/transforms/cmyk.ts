/** CMYK bytes (255 is full ink) as RGB, as Pillow's `convert('RGB')` does it: no ink profile, c ↦ (255 − c)·(255 − k)/255. */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const pixels = cmyk.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const light = 255 - cmyk[4 * i + 3];
    for (let c = 0; c < 3; c++) {
      // Pillow's division by 255: rounded, without dividing (src/libImaging/ImagingUtils.h, MULDIV255).
      const product = cmyk[4 * i + c] * light + 128;
      rgb[3 * i + c] = light - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
}
