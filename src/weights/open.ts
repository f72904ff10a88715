import { CardinalError } from '../base/errors.ts';
import { checkKind, checkOptions, flag, having } from '../base/options.ts';
import type { TensorArchive } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import type { VerifyOptions } from './digest.ts';
import { isPyTorch, pyTorchPrefixBytes } from './pytorch/detect.ts';
import { maybeSafetensors } from './safetensors-header.ts';
import { openSafetensors } from './safetensors.ts';

/**
 * Opens a file of tensors, safetensors or PyTorch's; its first bytes decide which, because file extensions are
 * unreliable. Throws a `CardinalError` that begins with the source's name if it is damaged or neither. Tensors are
 * verified when they are read, if the file has checksums (`VerifyOptions`).
 */
export async function openArchive(source: ByteSource, options: VerifyOptions = {}): Promise<TensorArchive> {
  checkKind('openArchive', 'the file', source, having('a source of bytes, as bytesSource gives', 'read'));
  checkOptions('openArchive', options, { verify: flag });
  const prefix = await source.read(0, Math.min(source.size, pyTorchPrefixBytes));
  if (!isPyTorch(prefix)) {
    // Of so few bytes the test says nothing.
    if (maybeSafetensors(prefix) && prefix.length > 8) return openSafetensors(source, options);
    const { recognise } = await import('./recognise.ts');
    const other = recognise(prefix);
    if (other !== undefined) throw new CardinalError(`${source.name} ${other}`);
    if (!maybeSafetensors(prefix)) {
      const what = source.size === 0 ? 'it is empty' : 'its first bytes are those of neither';
      throw new CardinalError(
        `${source.name} is not a file of weights: expected a safetensors or PyTorch file, ${what}`,
      );
    }
    return openSafetensors(source, options);
  }
  // Loaded when it is needed: most files are Cardinal's own.
  const { openPyTorch } = await import('./pytorch/open.ts');
  return openPyTorch(source, options);
}
