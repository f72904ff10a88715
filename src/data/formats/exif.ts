/** How a picture is to be turned, by its EXIF block: 1 (upright) to 8. A block that says nothing, or is damaged, leaves it as it is. */
export function orientationOf(exif: Uint8Array): number {
  // In WebP files some programs put the block as JPEG has it.
  const prefix = String.fromCharCode(...exif.subarray(0, 6)) === 'Exif\0\0' ? 6 : 0;
  const view = new DataView(exif.buffer, exif.byteOffset + prefix, exif.byteLength - prefix);
  if (view.byteLength < 8) return 1;
  const isLittle = view.getUint16(0) === 0x4949;
  const first = view.getUint32(4, isLittle);
  if (first + 2 > view.byteLength) return 1;
  const entries = view.getUint16(first, isLittle);
  for (let n = 0; n < entries; n++) {
    const at = first + 2 + 12 * n;
    if (at + 12 > view.byteLength) return 1;
    if (view.getUint16(at, isLittle) !== orientationTag) continue;
    const value = view.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

const orientationTag = 0x0112;
