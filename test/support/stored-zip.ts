/** A zip archive without compression and without checksums, so that tests can put any record into one. */
export function storedZip(records: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, data] of records) {
    const text = new TextEncoder().encode(name);
    const header = fields([4, 0x04034b50], [2, 20], [2, 0], [2, 0], [4, 0], [4, 0], [4, data.length], [4, data.length], [2, text.length], [2, 0]); // prettier-ignore
    const entry = fields([4, 0x02014b50], [2, 20], [2, 20], [2, 0], [2, 0], [4, 0], [4, 0], [4, data.length], [4, data.length], [2, text.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]); // prettier-ignore
    parts.push(header, text, data);
    directory.push(entry, text);
    offset += header.length + text.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, records.size], [2, records.size], [4, size], [4, offset], [2, 0]); // prettier-ignore
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}

/** Little-endian numbers one after the other, each of so many bytes. */
function fields(...numbers: readonly (readonly [bytes: number, value: number])[]): Uint8Array {
  return Uint8Array.from(
    numbers.flatMap(([bytes, value]) => Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 0xff)),
  );
}

/** The records of an archive that `torch.save` wrote: it has a header before each and no comment. */
export function zipRecords(bytes: Uint8Array): Map<string, Uint8Array> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const records = new Map<string, Uint8Array>();
  let at = view.indexOf('PK\u0001\u0002', 0, 'latin1');
  while (view.readUInt32LE(at) === 0x02014b50) {
    const name = view.toString('utf8', at + 46, at + 46 + view.readUInt16LE(at + 28));
    const local = view.readUInt32LE(at + 42);
    const begin = local + 30 + view.readUInt16LE(local + 26) + view.readUInt16LE(local + 28);
    records.set(name, bytes.slice(begin, begin + view.readUInt32LE(at + 20)));
    at += 46 + view.readUInt16LE(at + 28) + view.readUInt16LE(at + 30) + view.readUInt16LE(at + 32);
  }
  return records;
}
