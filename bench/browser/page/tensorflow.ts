import { tensorFlowProgram, type TensorFlow } from '../../compare/tensorflow-program.ts';
import type { Program } from '../../compare/program.ts';
import type { NetworkWork } from '../../compare/work.ts';

/** TensorFlow.js and its WebAssembly backend, whose scripts the page has run: a forward pass, or why it cannot train. */
export async function tensorFlowInPage(folder: string, threads: number, work: NetworkWork): Promise<Program> {
  const tf = (globalThis as unknown as { tf: TensorFlow & TensorFlowInPage }).tf;
  // It uses no more than half of the cores that the browser tells of.
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 * threads });
  tf.wasm.setWasmPaths(folder);
  tf.wasm.setThreadsCount(threads);
  if (!(await tf.setBackend('wasm'))) throw new Error('its WebAssembly backend does not start');
  const named = { ...tf, getThreadsCount: () => tf.wasm.getThreadsCount() };
  if (work.kind === 'training') await requireGradients(named);
  return tensorFlowProgram(named, work);
}

/** The WebAssembly backend as a script leaves it. */
interface TensorFlowInPage {
  readonly wasm: {
    setWasmPaths(folder: string): void;
    setThreadsCount(threads: number): void;
    getThreadsCount(): number;
  };
}

/** Throws what TensorFlow.js throws for the gradient of a convolution's filter. */
async function requireGradients(tf: TensorFlow): Promise<void> {
  const x = tf.tensor(new Float32Array(16), [1, 4, 4, 1]);
  const filter = tf.tensor(new Float32Array(9), [3, 3, 1, 1]);
  await tf
    .grad((w) => tf.sum(tf.conv2d(x, w, [1, 1], 'same')))(filter)
    .data();
  throw new Error('it can train by now, but this bench has no step for it');
}
