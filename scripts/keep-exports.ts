/** A WebAssembly module's section of exports, and what an export is a function as. */
const exportSection = 7;
const functionKind = 0;
/** The magic number and the version, before the sections. */
const headerBytes = 8;

/**
 * A module without those of its functions' exports whose names are not in `names`; memories stay exported, and code as it is. Not for
 * the compiler to know: it would inline a function that is exported by nobody and called once.
 */
export function keepExports(module: Uint8Array, names: ReadonlySet<string>): Uint8Array {
  const parts = [module.subarray(0, headerBytes)];
  for (let at = headerBytes; at < module.length;) {
    const id = module[at];
    const [size, start] = readNumber(module, at + 1);
    const content = module.subarray(start, start + size);
    const kept = id === exportSection ? keptOf(content, names) : content;
    parts.push(Uint8Array.of(id, ...number(kept.length)), kept);
    at = start + size;
  }
  return Buffer.concat(parts);
}

function keptOf(section: Uint8Array, names: ReadonlySet<string>): Uint8Array {
  const kept: Uint8Array[] = [];
  const [count, first] = readNumber(section, 0);
  let at = first;
  for (let index = 0; index < count; index++) {
    const begin = at;
    const [length, start] = readNumber(section, at);
    const name = Buffer.from(section.subarray(start, start + length)).toString();
    const kind = section[start + length];
    at = readNumber(section, start + length + 1)[1];
    if (kind !== functionKind || names.has(name)) kept.push(section.subarray(begin, at));
  }
  return Buffer.concat([Uint8Array.from(number(kept.length)), ...kept]);
}

/** An unsigned number as WebAssembly has it (LEB128), and where it ends. */
function readNumber(bytes: Uint8Array, at: number): readonly [value: number, end: number] {
  let value = 0;
  let shift = 0;
  let byte: number;
  do {
    byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
  } while (byte >= 0x80);
  return [value, at];
}

function number(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)];
}
