import type { TensorArchive } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import { isPyTorch, pyTorchPrefixBytes } from './pytorch/detect.ts';
import { openSafetensors } from './safetensors.ts';

/**
 * Opens a file of tensors, safetensors or PyTorch's: told by its first bytes, since endings say little. Throws a
 * `CardinalError` that begins with the source's name if it is damaged or neither.
 */
export async function openArchive(source: ByteSource): Promise<TensorArchive> {
  const prefix = await source.read(0, Math.min(source.size, pyTorchPrefixBytes));
  if (!isPyTorch(prefix)) return openSafetensors(source);
  // Loaded when it is needed: most files are Cardinal's own.
  const { openPyTorch } = await import('./pytorch/open.ts');
  return openPyTorch(source);
}
