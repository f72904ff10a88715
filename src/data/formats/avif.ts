/** What the boxes of an AVIF file say, without its pixels. */
export interface AvifHeader {
  /** Of the largest picture in it: as it is stored, before it is turned. */
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
}

/** Throws an `Error` with the bare reason if they are damaged. */
export function avifHeader(bytes: Uint8Array): AvifHeader {
  let [width, height] = [0, 0];
  let hasAlpha = false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const walk = (from: number, end: number, depth: number): void => {
    for (let at = from; at + 8 <= end;) {
      const size = view.getUint32(at);
      const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
      const next = size === 0 ? end : at + size;
      if (next > end || (size !== 0 && size < 8)) return;
      // Version and flags stand before what lies in the first.
      if (type === 'meta' && depth === 0) walk(at + 12, next, 1);
      else if (type === 'iprp' || type === 'ipco') walk(at + 8, next, depth + 1);
      else if (type === 'ispe' && at + 20 <= end) {
        const [w, h] = [view.getUint32(at + 12), view.getUint32(at + 16)];
        if (w * h > width * height) [width, height] = [w, h];
      } else if (type === 'auxC') {
        hasAlpha ||= String.fromCharCode(...bytes.subarray(at + 12, Math.min(next, at + 80))).includes(
          'alpha',
        );
      }
      at = next;
    }
  };
  walk(0, bytes.length, 0);
  if (width === 0) throw new Error('its header is damaged');
  return { width, height, hasAlpha };
}
