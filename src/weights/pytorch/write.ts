import { CardinalError } from '../../base/errors.ts';
import { sizeOf } from '../../base/shape.ts';
import type { TensorEntry } from '../archive.ts';
import { checkEntries } from '../arguments.ts';
import { elementBytes, type Dtype } from '../dtypes.ts';
import { quoted } from '../../base/quoted.ts';
import { op, PickleWriter } from './pickle-writer.ts';

/** PyTorch has no storage class for the others. */
const storageClasses: Readonly<Partial<Record<Dtype, string>>> = {
  F64: 'DoubleStorage',
  F32: 'FloatStorage',
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  I64: 'LongStorage',
  I32: 'IntStorage',
  I16: 'ShortStorage',
  I8: 'CharStorage',
  U8: 'ByteStorage',
  BOOL: 'BoolStorage',
};

/** The same bytes at any time; the earliest that zip archives know. */
const date = new Date(1980, 0, 1);

const text = new TextEncoder();

/**
 * The bytes of a file that `torch.load` of PyTorch 1.6 and later reads as an `OrderedDict` of tensors, `weights_only` or
 * not, in parts: a tensor is read when its turn comes, and one is in memory at a time. Elements begin at multiples of 64
 * bytes, as PyTorch has them. The same tensors give the same bytes.
 *
 * Throws a `CardinalError` before the first part for a type that PyTorch has no storage for (U16, U32).
 */
export async function* pytorchParts(
  tensors: ReadonlyMap<string, TensorEntry>,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkEntries('pytorchParts', tensors);
  const pickle = pickleOf(tensors);
  const { ZipWriter } = await import('@zip.js/zip.js/lib/zip-core-writer.js');
  let parts: Uint8Array[] = [];
  const archive = new ZipWriter(new WritableStream<Uint8Array>({ write: (part) => void parts.push(part) }), {
    level: 0,
    // 64-byte alignment, which Pixar's format has in common with PyTorch's.
    usdz: true,
    useWebWorkers: false,
    extendedTimestamp: false,
    lastModDate: date,
  });
  const taken = (): Uint8Array[] => {
    const ready = parts;
    parts = [];
    return ready;
  };
  const add = (name: string, bytes: Uint8Array): Promise<unknown> =>
    archive.add(`archive/${name}`, readerOf(bytes));

  await add('data.pkl', pickle);
  await add('byteorder', text.encode('little'));
  yield* taken();
  let key = 0;
  for (const [name, entry] of tensors) {
    await add(`data/${key++}`, await elementsOf(name, entry));
    yield* taken();
  }
  await add('version', text.encode('3\n'));
  await archive.close();
  yield* taken();
}

/** `OrderedDict([(name, _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())), …])` */
function pickleOf(tensors: ReadonlyMap<string, TensorEntry>): Uint8Array {
  const pickle = new PickleWriter();
  const orderedDict = (): void => {
    pickle.global('collections', 'OrderedDict');
    pickle.op(op.emptyTuple, op.reduce);
  };
  orderedDict();
  pickle.op(op.mark);
  let key = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const storageClass = storageClasses[dtype];
    if (storageClass === undefined) {
      throw new CardinalError(
        `tensor ${quoted(name)} is ${dtype}, which cannot be written to a PyTorch file, expected one of ${Object.keys(storageClasses).join(', ')}: write safetensors, or convert it first`,
      );
    }
    pickle.text(name);
    pickle.global('torch._utils', '_rebuild_tensor_v2');
    pickle.op(op.mark);
    pickle.op(op.mark);
    pickle.text('storage');
    pickle.global('torch', storageClass);
    pickle.text(String(key++));
    pickle.text('cpu');
    pickle.count(sizeOf(shape));
    pickle.op(op.tuple, op.persistentId);
    pickle.count(0);
    pickle.counts(shape);
    pickle.counts(shape.map((_, axis) => sizeOf(shape.slice(axis + 1))));
    pickle.op(op.newFalse);
    orderedDict();
    pickle.op(op.tuple, op.reduce);
  }
  pickle.op(op.setItems, op.stop);
  return pickle.bytes();
}

async function elementsOf(name: string, entry: TensorEntry): Promise<Uint8Array> {
  const { data } = await entry.read();
  const expected = sizeOf(entry.shape) * elementBytes(entry.dtype);
  if (data.length !== expected) {
    throw new CardinalError(
      `tensor ${quoted(name)} has ${data.length} bytes of elements, expected ${expected} for ${entry.shape.join('×')} ${entry.dtype}`,
    );
  }
  return data;
}

/** Bytes as zip.js reads them: all at once, so that they are passed on and not copied. */
function readerOf(bytes: Uint8Array): { readonly size: number; readonly readable: ReadableStream } {
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
  return { size: bytes.length, readable };
}
