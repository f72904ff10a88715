import { CardinalError } from '../../base/errors.ts';
import { loadKernels as loadFor, type KernelBuild, type LoadedKernels } from '../../backends/wasm/builds.ts';
import { unsharedKernels } from '../../backends/wasm/unshared-kernels.ts';
import { unreachable, whereToPut } from '../load-failure.ts';
import { allowBy, sourceOf, type PolicyWatch } from '../policy.ts';
import type { Scripts } from '../scripts.ts';

/** Builds of which a page has the files: V8's wide vectors are behind a flag that no page can set. */
export type WebKernelBuild = Exclude<KernelBuild, 'wide'>;

/**
 * The compiled kernels; `build` is the fastest that the browser can run, unless named.
 * @throws {CardinalError} if the browser cannot run them, or they cannot be fetched.
 */
export async function loadKernels(
  build: WebKernelBuild | undefined,
  scripts: Scripts,
  policy: PolicyWatch,
): Promise<LoadedKernels> {
  const platform = {
    wideProblem: "no page can set V8's flag for them",
    compile: (chosen: KernelBuild, isShared: boolean) => {
      if (chosen === 'wide') throw new CardinalError(`a page has no ${chosen} kernels`);
      return compile(scripts.kernels[chosen], isShared, policy);
    },
    advice: 'take a browser of the last two years',
  };
  try {
    return await loadFor(build, platform);
  } catch (error) {
    // Compiling, if only to see what the browser can do.
    if (error instanceof CardinalError || (await policy.refused('script-src')) === undefined) throw error;
    throw new CardinalError(`WebAssembly cannot run here: ${allowBy('script-src', "'wasm-unsafe-eval'")}`, {
      cause: error,
    });
  }
}

async function compile(url: string, shared: boolean, policy: PolicyWatch): Promise<WebAssembly.Module> {
  const response = await fetchKernels(url, policy);
  const type = response.headers.get('content-type') ?? '';
  // While it is still on its way. The other one is changed first.
  if (shared && /^application\/wasm\b/i.test(type)) return await WebAssembly.compileStreaming(response);
  const binary = new Uint8Array(await response.arrayBuffer());
  if (!isWebAssembly(binary)) {
    throw new CardinalError(
      `${url} is no WebAssembly, it came as ${type === '' ? 'no type' : type}: ${whereToPut}`,
    );
  }
  return await WebAssembly.compile(shared ? binary : unsharedKernels(binary));
}

async function fetchKernels(url: string, policy: PolicyWatch): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    const isRefused = (await policy.refused('connect-src')) !== undefined;
    const why = isRefused ? allowBy('connect-src', sourceOf(url)) : unreachable(error);
    throw new CardinalError(`the kernels, ${url}, cannot be fetched: ${why}`, { cause: error });
  }
  if (response.ok) return response;
  throw new CardinalError(`the kernels, ${url}, were answered with ${response.status}: ${whereToPut}`);
}

/** Whether a file begins as such modules do: what a server sends in place of a missing file is a page, as a rule. */
function isWebAssembly(binary: Uint8Array): boolean {
  return [0, 0x61, 0x73, 0x6d].every((byte, index) => binary[index] === byte);
}
