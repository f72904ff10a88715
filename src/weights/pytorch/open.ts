import { CardinalError } from '../../base/errors.ts';
import type { TensorArchive } from '../archive.ts';
import type { ByteSource } from '../byte-source.ts';
import type { VerifyOptions } from '../digest.ts';
import { detect, pyTorchPrefixBytes } from './detect.ts';
import { openLegacy } from './legacy.ts';
import { openZipCheckpoint } from './zip-checkpoint.ts';

/**
 * Opens a file that `torch.save` made, of any size: the zip archive of PyTorch 1.6 and later, or the stream of pickles
 * before it. Its pickle is read now, as plain data and without running anything; tensors are read when they are asked for,
 * each from the bytes that it spans. Nested dictionaries and lists become dotted names (`state_dict.conv1.weight`), scalars
 * and text `metadata`; a file that is one tensor calls it `tensor`.
 *
 * A pickled module and a TorchScript archive have the tensors of their state dict; objects of other classes are named. Records of
 * a zip archive are held against their CRC-32 when they are read; the older stream has nothing of the kind.
 *
 * Throws a `CardinalError` that begins with the source's name for whatever is damaged or not a file of PyTorch's.
 */
export async function openPyTorch(source: ByteSource, options: VerifyOptions = {}): Promise<TensorArchive> {
  const kind = detect(await source.read(0, Math.min(source.size, pyTorchPrefixBytes)));
  if (kind === 'zip') return openZipCheckpoint(source, options);
  if (kind === 'legacy') return openLegacy(source);
  if (kind === 'tar') {
    throw new CardinalError(
      `${source.name} is a tar archive, as PyTorch wrote before 0.1.10, which cannot be read: load it in PyTorch and save model.state_dict() again with torch.save`,
    );
  }
  throw new CardinalError(
    `${source.name} is not a PyTorch file: expected a zip archive or a pickle with PyTorch's number at its begin, as torch.save writes`,
  );
}
