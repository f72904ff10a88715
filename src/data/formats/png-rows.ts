export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** Grey 0, RGB 2, palette 3, grey with alpha 4, RGB with alpha 6. */
  readonly color: number;
  readonly isInterlaced: boolean;
}

/** The pixels of a PNG as they are inflated. */
export interface PngRows {
  /** All of them, in bytes. */
  readonly bytes: number;
  /** Takes them part by part and writes RGB to `out`; gives true once it has all. Throws an `Error` if they are damaged. */
  into(out: Uint8Array): (part: Uint8Array) => boolean;
}

/** A picture of every so many pixels of the whole. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
}

/** Adam7: [x, y] of the first pixel, and the steps to the next. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function pngRows(header: PngHeader, palette: Uint8Array): PngRows {
  const bits = header.depth * samplesOf[header.color];
  const passes = passesOf(header);
  const rowBytes = ({ width }: Pass): number => 1 + Math.ceil((width * bits) / 8);
  return {
    bytes: passes.reduce((sum, pass) => sum + pass.height * rowBytes(pass), 0),
    into: (out) => {
      const write = rowWriter(header, palette, out);
      /** Bytes from a sample to the one that filters take for its left neighbour. */
      const left = Math.max(1, bits >> 3);
      let [pass, ...rest] = passes;
      let y = 0;
      let filled = 0;
      let row = new Uint8Array(rowBytes(pass));
      let above = new Uint8Array(row.length);
      return (part) => {
        for (let at = 0; at < part.length;) {
          const taken = part.subarray(at, at + row.length - filled);
          row.set(taken, filled);
          filled += taken.length;
          at += taken.length;
          if (filled < row.length) return false;
          unfilter(row, above, left);
          write(row, pass, y);
          [row, above, filled] = [above, row, 0];
          if (++y < pass.height) continue;
          if (rest.length === 0) return true;
          [pass, ...rest] = rest;
          y = 0;
          row = new Uint8Array(rowBytes(pass));
          above = new Uint8Array(row.length);
        }
        return false;
      };
    },
  };
}

function passesOf({ width, height, isInterlaced }: PngHeader): Pass[] {
  const whole = { x: 0, y: 0, stepX: 1, stepY: 1, width, height };
  if (!isInterlaced) return [whole];
  return adam7
    .map(([x, y, stepX, stepY]) => ({
      ...{ x, y, stepX, stepY },
      width: Math.ceil((width - x) / stepX),
      height: Math.ceil((height - y) / stepY),
    }))
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Turns differences to neighbours into values. The first byte of a row says which they are. */
function unfilter(row: Uint8Array, above: Uint8Array, left: number): void {
  const { length } = row;
  switch (row[0]) {
    case 0:
      return;
    case 1:
      for (let i = 1 + left; i < length; i++) row[i] += row[i - left];
      return;
    case 2:
      for (let i = 1; i < length; i++) row[i] += above[i];
      return;
    case 3:
      for (let i = 1; i < length; i++) row[i] += ((i > left ? row[i - left] : 0) + above[i]) >> 1;
      return;
    case 4:
      for (let i = 1; i <= left && i < length; i++) row[i] += above[i];
      for (let i = 1 + left; i < length; i++) row[i] += nearestOf(row[i - left], above[i], above[i - left]);
      return;
    default:
      throw new Error('a row has an unknown filter');
  }
}

/** Paeth's predictor: whichever of the neighbours is nearest to left + above − corner. */
function nearestOf(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

/** Writes a row of a pass, its filter's byte first, as RGB. */
function rowWriter(
  { width, depth, color }: PngHeader,
  palette: Uint8Array,
  out: Uint8Array,
): (row: Uint8Array, pass: Pass, y: number) => void {
  const samples = samplesOf[color];
  const most = 2 ** Math.min(depth, 8) - 1;
  /** Sample `n` of a row: its high byte, or so many bits. */
  const sample = (row: Uint8Array, n: number): number => {
    if (depth >= 8) return row[1 + (n * depth) / 8];
    const bit = n * depth;
    return (row[1 + (bit >> 3)] >> (8 - depth - (bit & 7))) & most;
  };
  const isGrey = color === 0 || color === 4;
  return (row, pass, y) => {
    const line = (pass.y + y * pass.stepY) * width;
    if (color === 2 && depth === 8 && pass.stepX === 1) {
      out.set(row.subarray(1), 3 * line);
      return;
    }
    for (let n = 0; n < pass.width; n++) {
      const to = 3 * (line + pass.x + n * pass.stepX);
      if (color === 3) {
        const entry = 3 * sample(row, n);
        for (let c = 0; c < 3; c++) out[to + c] = palette[entry + c] ?? 0;
      } else if (isGrey) {
        out[to] = out[to + 1] = out[to + 2] = (sample(row, n * samples) * 255) / most;
      } else {
        for (let c = 0; c < 3; c++) out[to + c] = sample(row, n * samples + c);
      }
    }
  };
}
