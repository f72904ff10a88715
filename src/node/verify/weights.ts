import { parseCheckpoint } from '../../train/checkpoint.ts';
import { readDescription } from '../../train/description.ts';
import type { TensorArchive } from '../../weights/archive.ts';
import { decodeTensor } from '../../weights/dtypes.ts';
import { openArchive } from '../../weights/open.ts';
import { openZip } from '../../weights/pytorch/zip.ts';
import { openFileSource, type FileByteSource } from '../byte-source.ts';
import { checked, faultOf, unsummed, type Check } from './check.ts';

/** Tensors whose faults are listed one by one. */
const mostTold = 5;

/**
 * Verifies a file of weights, of Cardinal's or another program's: that its structure is whole, and every tensor what was written,
 * as far as the file records it. Throws a `CardinalError` if it cannot be read at all.
 */
export async function verifyWeights(path: string): Promise<Check> {
  const source = await openFileSource(path);
  try {
    return await checked(path, 'weights', () => verified(source));
  } finally {
    await source.close();
  }
}

async function verified(source: FileByteSource): Promise<Omit<Check, 'file'>> {
  const archive = await openArchive(source);
  const { format, tensors, metadata } = archive;
  const faults: string[] = [];
  const odd: string[] = [];
  for (const [name, entry] of tensors) {
    try {
      const { dtype, data } = decodeTensor(await entry.read());
      const count =
        dtype === 'I64' ? 0 : data.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
      if (count > 0) odd.push(`tensor '${name}' has ${count} numbers that are not finite`);
    } catch (error) {
      faults.push(faultOf(error));
    }
  }
  if (faults.length === 0) for (const fault of await restOf(archive, source)) faults.push(fault);
  const description = readDescription(metadata, source.name);
  const count = `${tensors.size} ${tensors.size === 1 ? 'tensor' : 'tensors'}`;
  return {
    what: description === undefined ? count : `${description.model.name}, ${count}`,
    result: faults.length > 0 ? 'damaged' : odd.length > 0 ? 'doubtful' : 'ok',
    checksum: archive.checksum,
    notes: [
      ...few(faults),
      ...few(odd),
      ...(archive.checksum === undefined ? [unsummed[format === 'torchscript' ? 'pytorch' : format]] : []),
    ],
  };
}

/** What is in a file beside tensors: what a checkpoint records of its training, and the other records of an archive. */
async function restOf({ format, metadata }: TensorArchive, source: FileByteSource): Promise<string[]> {
  try {
    if (metadata.has('training')) await parseCheckpoint(await source.read(0, source.size), source.name);
    if (format === 'pytorch' || format === 'torchscript') {
      for (const record of (await openZip(source)).values()) await record.verify();
    }
    return [];
  } catch (error) {
    return [faultOf(error)];
  }
}

function few(lines: readonly string[]): string[] {
  const more = lines.length - mostTold;
  return more > 0 ? [...lines.slice(0, mostTold), `and ${more} more like these`] : [...lines];
}
