import type { InsideLayer, RegionSeen } from 'cardinal-nn/studio';

/** A place of a layer. */
export interface Unit {
  readonly row: number;
  readonly column: number;
}

/** Pixels of the network's input, the last one included. */
export interface SeenPixels {
  readonly first: number;
  readonly last: number;
}

/** Rows and columns of the input that a unit can depend on, padding included: below 0 or beyond the input. */
export function pixelsOf(
  { size, stride, offset }: InsideLayer['field'],
  { row, column }: Unit,
): readonly [rows: SeenPixels, columns: SeenPixels] {
  const along = (axis: 0 | 1, at: number): SeenPixels => {
    const first = offset[axis] + stride[axis] * at;
    return { first, last: first + size[axis] - 1 };
  };
  return [along(0, row), along(1, column)];
}

/** Where that is in the picture, in shares of its width and height; what is padding is left out. */
export function boxOf(
  [rows, columns]: readonly [SeenPixels, SeenPixels],
  [height, width]: readonly [number, number],
  region: RegionSeen,
): RegionSeen {
  const part = ({ first, last }: SeenPixels, size: number): readonly [begin: number, length: number] => {
    const begin = Math.min(size, Math.max(0, first));
    return [begin / size, (Math.min(size, Math.max(0, last + 1)) - begin) / size];
  };
  const [top, tall] = part(rows, height);
  const [left, wide] = part(columns, width);
  return {
    left: region.left + left * region.width,
    top: region.top + top * region.height,
    width: wide * region.width,
    height: tall * region.height,
  };
}
