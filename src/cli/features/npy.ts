/**
 * The parts of a file in numpy's format 1.0: a header, then the numbers of `parts` in C order, little-endian as those of this machine.
 */
export function* npy(
  type: '<f4' | '<i4',
  shape: readonly number[],
  parts: Iterable<Float32Array | Int32Array>,
): Generator<Uint8Array, void, undefined> {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // Magic, version and length take 10 bytes; the numbers begin at a multiple of 64.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const head = Uint8Array.of(0x93, ...Buffer.from('NUMPY'), 1, 0, length & 0xff, length >> 8);
  yield Buffer.concat([head, Buffer.from(`${text.padEnd(length - 1)}\n`, 'latin1')]);
  for (const { buffer, byteOffset, byteLength } of parts)
    yield new Uint8Array(buffer, byteOffset, byteLength);
}
