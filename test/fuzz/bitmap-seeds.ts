import { joined } from '../support/mutate.ts';

/** Netpbm's six, 5×3. */
export function ppm(): Uint8Array[] {
  const values = Array.from({ length: 45 }, (_, i) => (7 * i) % 256);
  const text = (lines: string): Uint8Array => new Uint8Array(Buffer.from(lines, 'latin1'));
  return [
    text(`P1\n# bits\n5 3\n${values.slice(0, 15).map((value) => value % 2).join(' ')}\n`), // prettier-ignore
    text(`P2\n5 3\n255\n${values.slice(0, 15).join(' ')}\n`),
    text(`P3\n5 3\n255\n${values.join(' ')}\n`),
    joined(text('P4\n5 3\n'), Uint8Array.of(0xa8, 0x50, 0xf8)),
    joined(text('P5\n5 3\n255\n'), Uint8Array.from(values.slice(0, 15))),
    joined(text('P6\n5 3\n65535\n'), Uint8Array.from([...values, ...values])),
    joined(text('P6\n5 3\n255\n'), Uint8Array.from(values)),
  ];
}

/** Windows bitmaps of 5×3: 24 bits, 8 bits with a table, 8 bits in runs, 4 bits in runs, 16 and 32 bits with masks; OS/2's. */
export function bmp(): Uint8Array[] {
  const rows = (stride: number): Uint8Array =>
    Uint8Array.from({ length: 3 * stride }, (_, i) => (11 * i) % 4);
  const table = Uint8Array.from({ length: 4 * 4 }, (_, i) => 16 * i);
  const masks = fields([4, 0xf800], [4, 0x07e0], [4, 0x001f]);
  const wideMasks = fields([4, 0xff0000], [4, 0x00ff00], [4, 0x0000ff]);
  return [
    file(info(24, 0), new Uint8Array(0), rows(16)),
    file(info(8, 0, 4), table, rows(8)),
    file(
      info(8, 1, 4),
      table,
      Uint8Array.of(5, 1, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 2, 2, 0, 2, 1, 0, 2, 3, 0, 1),
    ),
    file(info(4, 2, 4), table, Uint8Array.of(5, 0x12, 0, 0, 0, 5, 0x12, 0x30, 0x10, 0, 0, 0, 5, 0x33, 0, 1)),
    file(info(16, 3), masks, rows(12)),
    file(info(32, 3), wideMasks, rows(20)),
    file(fields([4, 12], [2, 5], [2, 3], [2, 1], [2, 24]), new Uint8Array(0), rows(16)),
  ];
}

function info(bits: number, compression: number, colours = 0): Uint8Array {
  return fields([4, 40], [4, 5], [4, 3], [2, 1], [2, bits], [4, compression], [4, 0], [4, 2835], [4, 2835], [4, colours], [4, 0]); // prettier-ignore
}

function file(header: Uint8Array, between: Uint8Array, pixels: Uint8Array): Uint8Array {
  const offset = 14 + header.length + between.length;
  const head = fields([2, 0x4d42], [4, offset + pixels.length], [4, 0], [4, offset]);
  return joined(head, header, between, pixels);
}

function fields(...numbers: readonly (readonly [bytes: number, value: number])[]): Uint8Array {
  return Uint8Array.from(
    numbers.flatMap(([bytes, value]) => Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 0xff)),
  );
}
