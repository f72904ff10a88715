import { CardinalError } from '../../base/errors.ts';
import type { TensorArchive } from '../archive.ts';
import type { ByteSource } from '../byte-source.ts';
import { quoted } from '../../base/quoted.ts';
import type { VerifyOptions } from '../digest.ts';
import { flatten } from './flatten.ts';
import { maxPickleBytes, pickleMemory } from './limits.ts';
import { storageOf } from './rebuild.ts';
import { readScriptClasses } from './script-classes.ts';
import { unpickle } from './unpickle.ts';
import { openZip, type ZipRecord } from './zip.ts';

/**
 * The format of PyTorch 1.6 and later: a zip archive without compression, all of it in one folder of any name.
 *
 *     archive/data.pkl     the pickle; storages in it are keys
 *     archive/data/KEY     the elements of a storage
 *     archive/byteorder    `little` or `big`; missing before PyTorch 2.1, and then little
 *     archive/version      3
 *
 * An archive of TorchScript's has also `constants.pkl`, which is nobody's weights, and `code/`, of which only the lists of
 * parameters and buffers are read.
 */
export async function openZipCheckpoint(
  source: ByteSource,
  options: VerifyOptions = {},
): Promise<TensorArchive> {
  const records = await openZip(source, options);
  const pickle = pickleOf(records, source.name);
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  if (pickle.size > maxPickleBytes) {
    throw new CardinalError(
      `${source.name}: record ${quoted(pickle.name)} has ${pickle.size} bytes, the limit is ${maxPickleBytes}: save model.state_dict() alone`,
    );
  }
  const script = records.has(`${folder}constants.pkl`) || startsAny(records, `${folder}code/`);
  const classes = script ? await readScriptClasses(records, folder) : undefined;
  const bytes = await pickle.read(0, pickle.size);
  const { value } = unpickle(bytes, source.name, {
    memory: pickleMemory(source.size),
    storage: (id) => storageOf(id, source.name),
  });
  const flat = flatten(value, bytes.length, {
    source,
    bigEndian: await isBigEndian(records.get(`${folder}byteorder`), source),
    place({ key, type, elements }) {
      const record = records.get(`${folder}data/${key}`);
      const bytes = elements * type.bytes;
      if (record === undefined || record.size < bytes) {
        const got = record === undefined ? 'there is none' : `it has ${record.size}`;
        throw new CardinalError(
          `${source.name}: expected ${bytes} bytes in record ${quoted(`${folder}data/${key}`)}, ${got}: the file is damaged`,
        );
      }
      return record;
    },
    savedBy: (type) => classes?.get(type),
  });
  const checksum = pickle.verified ? 'CRC-32' : undefined;
  return { format: script ? 'torchscript' : 'pytorch', source: source.name, ...flat, checksum };
}

function pickleOf(records: ReadonlyMap<string, ZipRecord>, source: string): ZipRecord {
  for (const record of records.values()) {
    if (/^([^/]*\/)?data\.pkl$/.test(record.name)) return record;
  }
  const names = [...records.keys()];
  const known = otherArchives.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
  throw new CardinalError(
    `${source} is ${known ?? "a zip archive but not PyTorch's"}: expected a record data.pkl in a folder, as torch.save writes${names.some((name) => /\.(pth?|safetensors|bin)$/.test(name)) ? '; unpack it, and give the file of weights in it' : ''}`,
  );
}

/** Zip archives of other programs, by a record that gives them away. */
const otherArchives: readonly (readonly [RegExp, string])[] = [
  [/^model\.weights\.h5$/, 'a Keras archive (.keras)'],
  [/^[^/]*\/(model\.json|attributes\.pkl)$/, 'a TorchScript archive as PyTorch wrote before 1.4'],
  [/\.npy$/, "an archive of numpy's (.npz)"],
  [
    /(^|\/)(serialized_exported_program\.json|archive_format|models\/.*\.json)$/,
    'a program of torch.export (.pt2)',
  ],
  [/^Payload\/|^MAR-INF\//, 'an archive of TorchServe (.mar)'],
];

function startsAny(records: ReadonlyMap<string, ZipRecord>, prefix: string): boolean {
  return [...records.keys()].some((name) => name.startsWith(prefix));
}

async function isBigEndian(record: ZipRecord | undefined, source: ByteSource): Promise<boolean> {
  if (record === undefined) return false;
  const bytes = await record.read(0, Math.min(record.size, 16));
  const order = new TextDecoder().decode(bytes);
  if (order !== 'little' && order !== 'big') {
    throw new CardinalError(
      `${source.name}: record ${quoted(record.name)} says ${quoted(order)}, expected little or big`,
    );
  }
  return order === 'big';
}
