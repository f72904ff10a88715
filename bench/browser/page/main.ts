/** The page of a contender: what its process calls in it. */
import { createBackend } from '../../../src/web/index.ts';
import { networkProgram } from '../../compare/network.ts';
import type { Program } from '../../compare/program.ts';
import type { NetworkWork } from '../../compare/work.ts';
import { jaxProgram } from './jax.ts';
import { onnxProgram } from './onnxruntime.ts';
import { tensorFlowInPage } from './tensorflow.ts';

export type Library = 'cardinal' | 'onnxruntime-web' | 'tensorflow' | 'jax';

/** Who computes what in this page. */
export interface PageOrder {
  readonly library: Library;
  readonly threads: number;
  readonly work: NetworkWork;
  /** Of packages that do not tell it themselves. */
  readonly version: string;
}

let program: Program | undefined;

const calls = {
  /** Gets ready; resolves to the version. */
  async start(order: PageOrder): Promise<string> {
    program = await programOf(order);
    return program.version;
  },
  /** Resolves to the milliseconds of one run. */
  async run(): Promise<number> {
    const before = performance.now();
    await started().run();
    return performance.now() - before;
  },
  async results(): Promise<number[]> {
    await started().run();
    return [...(await started().results())];
  },
};
export type PageCalls = typeof calls;
Object.assign(globalThis, { bench: calls });

async function programOf({ library, threads, work, version }: PageOrder): Promise<Program> {
  switch (library) {
    case 'cardinal': {
      const backend = await createBackend({ base: '/dist', threads, training: work.kind === 'training' });
      return networkProgram(backend, work, backend.about);
    }
    case 'onnxruntime-web':
      return onnxProgram(
        '/peers/onnxruntime-web/dist/ort.wasm.min.mjs',
        '/peers/onnxruntime-web/dist/',
        threads,
        work,
      );
    case 'tensorflow':
      return tensorFlowInPage('/peers/@tensorflow/tfjs-backend-wasm/dist/', threads, work);
    case 'jax':
      return jaxProgram('/peers/@jax-js/jax/dist/index.js', version, work);
  }
}

function started(): Program {
  if (program === undefined) throw new Error('nothing was started in this page');
  return program;
}
