/** A picture as a PPM file: `colourOf` gives red, green and blue of each pixel. */
export function ppm(
  width: number,
  height: number,
  colourOf: (x: number, y: number) => readonly [number, number, number],
): Uint8Array {
  const head = new TextEncoder().encode(`P6\n${width} ${height}\n255\n`);
  const bytes = new Uint8Array(head.length + width * height * 3);
  bytes.set(head);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) bytes.set(colourOf(x, y), head.length + (y * width + x) * 3);
  }
  return bytes;
}
