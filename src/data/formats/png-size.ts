/** The size that a PNG's header says, as far as it is there: whoever decodes looks closer. */
export function pngSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  if (bytes.length < 24) return { width: 0, height: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
