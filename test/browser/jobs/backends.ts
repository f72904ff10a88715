import type { Backend } from '../../../src/backends/backend.ts';
import { createEngineBackend } from '../../../src/web/engine/backend.ts';
import type { WebKernelBuild } from '../../../src/web/engine/kernels.ts';
import { scriptsAt } from '../../../src/web/scripts.ts';

/** A build of the kernels on so many threads. */
export interface PageSetting {
  readonly kernels: WebKernelBuild;
  readonly threads: number;
}

/** The engine's backend, of this worker. Its memory is shared if the page is cross-origin isolated. */
export async function openBackend(setting: PageSetting): Promise<Backend> {
  const { backend } = await createEngineBackend(setting, scriptsAt('/'));
  return backend;
}
