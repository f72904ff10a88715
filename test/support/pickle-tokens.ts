import type { Rng } from '../../src/base/rng.ts';
import { joined } from './mutate.ts';

/** Opcodes with their arguments, of `pickles` pickles one after the other; what follows them is the last. Throws if they do not end. */
export function pickleTokens(bytes: Uint8Array, pickles = 1): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tokens: Uint8Array[] = [];
  let at = 0;
  for (let left = pickles; left > 0;) {
    if (at >= bytes.length) throw new RangeError('a pickle without an end');
    const opcode = bytes[at];
    const length = 1 + argumentBytes(opcode, at + 1, view);
    tokens.push(bytes.subarray(at, at + length));
    at += length;
    if (opcode === 0x2e) left--;
  }
  if (at < bytes.length) tokens.push(bytes.subarray(at));
  return tokens;
}

const fixed: Readonly<Record<number, number>> = { 0x4b: 1, 0x4d: 2, 0x4a: 4, 0x47: 8, 0x71: 1, 0x72: 4, 0x68: 1, 0x6a: 4, 0x80: 1, 0x95: 8 }; // prettier-ignore

function argumentBytes(opcode: number, at: number, view: DataView): number {
  if (opcode in fixed) return fixed[opcode];
  if ([0x55, 0x8c, 0x43, 0x8a].includes(opcode)) return 1 + view.getUint8(at);
  if ([0x58, 0x54, 0x42, 0x8b].includes(opcode)) return 4 + view.getUint32(at, true);
  if ([0x8d, 0x8e, 0x96].includes(opcode)) return 8 + Number(view.getBigUint64(at, true));
  if (opcode !== 0x63) return 0;
  // GLOBAL: two lines
  let end = at;
  for (let lines = 0; lines < 2; end++) if (view.getUint8(end) === 0x0a) lines++;
  return end - at;
}

/** Numbers, texts and names that mean something to a reader of tensors. */
const values: readonly Uint8Array[] = [
  ...['K\0', 'K\x01', 'K\x02', 'K\x09', 'M\0\x01', 'J\xff\xff\xff\xff', 'J\xff\xff\xff\x7f', 'J\0\0\0\x10'],
  ...['\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f', '\x8a\x07\0\0\0\0\0\0\x20', '\x8a\x09\0\0\0\0\0\0\0\0\x01', 'G\x7f\xf8\0\0\0\0\0\0'], // prettier-ignore
  ...['X\x01\0\0\x000', 'X\0\0\0\0', 'X\x03\0\0\0a\nb', 'X\x07\0\0\0storage', 'C\x02\0\xff', 'N', ')', ']', '}', '\x88', '\x8f'], // prettier-ignore
  ...['ctorch\nFloatStorage\n', 'ctorch\nBoolStorage\n', 'ctorch\nfloat32\n', 'ctorch.storage\nUntypedStorage\n', 'ctorch\nSize\n', 'ctorch\ndevice\n'], // prettier-ignore
  ...['ctorch._utils\n_rebuild_tensor_v3\n', 'ctorch._tensor\n_rebuild_from_type_v2\n', 'ctorch._utils\n_rebuild_parameter\n'], // prettier-ignore
  ...['ccollections\ndefaultdict\n', 'cbuiltins\nset\n', 'cargparse\nNamespace\n', 'cnumpy\ndtype\n', 'cnumpy.core.multiarray\nscalar\n', 'c_codecs\nencode\n', 'cos\nsystem\n'], // prettier-ignore
  ...['cm\nC\n', 'ccopyreg\n_reconstructor\n', 'ctorch\nComplexFloatStorage\n', 'ctorch._utils\n_rebuild_qtensor\n', 'X\x0b\0\0\0_parameters', 'X\x08\0\0\0_modules'], // prettier-ignore
].map((text) => new Uint8Array(Buffer.from(text, 'latin1')));

/** A pickle with one or two opcodes left out, doubled, exchanged or given another argument; mostly it stays a program. */
export function mutateTokens(tokens: readonly Uint8Array[], rng: Rng): Uint8Array {
  const changed = [...tokens];
  for (let left = 1 + rng.int(2); left > 0; left--) {
    const at = rng.int(changed.length);
    const token = changed[at];
    const other = rng.int(changed.length);
    switch (rng.int(8)) {
      case 0:
        changed.splice(at, 1 + rng.int(3));
        break;
      case 1:
        changed.splice(at, 0, token);
        break;
      case 2:
        changed[at] = changed[other];
        changed[other] = token;
        break;
      case 3:
        changed.splice(at, 0, ...changed.slice(other, other + rng.int(30)));
        break;
      case 4:
        changed[at] = resized(token, rng);
        break;
      default: {
        // A value for a value: numbers, texts and names are what most opcodes push.
        const pushes = [...changed.keys()].filter((index) => isValue(changed[index]));
        const target = pushes.length === 0 ? at : pushes[rng.int(pushes.length)];
        changed[target] =
          rng.int(3) === 0 ? changed[pushes[rng.int(pushes.length)] ?? at] : values[rng.int(values.length)];
      }
    }
    if (changed.length === 0) return new Uint8Array(0);
  }
  return joined(...changed);
}

function isValue(token: Uint8Array): boolean {
  return (
    'KMJGUXTCBNc]})'.includes(String.fromCharCode(token[0])) || [0x8a, 0x8c, 0x88, 0x89].includes(token[0])
  );
}

/** Text or bytes of another length, which it says. */
function resized(token: Uint8Array, rng: Rng): Uint8Array {
  const header = [0x55, 0x8c, 0x43, 0x8a].includes(token[0]) ? 2 : [0x58, 0x42].includes(token[0]) ? 5 : 0;
  if (header === 0) return token;
  const body = token.subarray(header, Math.max(header, token.length - 1 - rng.int(3)));
  const longer = rng.int(2) === 0 ? body : joined(body, body, Uint8Array.of(rng.int(256)));
  const length =
    header === 2 ? [longer.length & 0xff] : [0, 8, 16, 24].map((shift) => (longer.length >> shift) & 0xff);
  return joined(
    token.subarray(0, 1),
    Uint8Array.from(length),
    header === 2 ? longer.subarray(0, 255) : longer,
  );
}
