/**
 * TensorFlow.js on its WebAssembly backend in Node as a contender, inference only: `node bench/compare/tensorflow.ts WORK OPTIONS`,
 * both JSON. One thread, whatever OPTIONS say: its threaded build is for browsers (tensorflow/tfjs#3830).
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { serve } from './serve.ts';
import { tensorFlowProgram, type TensorFlow } from './tensorflow-program.ts';
import { workSchema } from './work.ts';

const work = workSchema.parse(JSON.parse(process.argv[2]));
if (work.kind !== 'forward') throw new Error('TensorFlow.js only infers here');
await serve(await tensorFlowProgram(await load(), work));

async function load(): Promise<TensorFlow> {
  // CommonJS: the packages' modules for bundlers lack the file extensions that Node wants.
  const require = createRequire(import.meta.url);
  try {
    const core = require('@tensorflow/tfjs') as TensorFlow;
    const backend = require('@tensorflow/tfjs-backend-wasm') as TensorFlow;
    const tf = { ...core, ...backend };
    tf.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), '/'));
    if (!(await tf.setBackend('wasm'))) throw new Error('its WebAssembly backend does not start');
    return tf;
  } catch (error) {
    // Ending in good order says that it is not installed; what is broken must not pass for that.
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') process.exit();
    throw error;
  }
}
