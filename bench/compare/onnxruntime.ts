/** ONNX Runtime as a contender, inference only: `node bench/compare/onnxruntime.ts WORK OPTIONS`, both JSON. */
import { z } from 'zod/mini';
import { sizeOf } from '../../src/base/shape.ts';
import { createModel } from '../../src/models/index.ts';
import { exportOnnx } from '../../src/weights/onnx/export.ts';
import { numbers } from './numbers.ts';
import { serve } from './serve.ts';
import { repeatsOfRun, workSchema } from './work.ts';

const work = workSchema.parse(JSON.parse(process.argv[2]));
const { package: name, threads } = z
  .object({ package: z.enum(['onnxruntime-node', 'onnxruntime-web']), threads: z.int() })
  .parse(JSON.parse(process.argv[3]));
if (work.kind !== 'forward') throw new Error('ONNX Runtime only infers');

/** What both packages export; onnxruntime-web lies in bench/node_modules, if it was installed there. */
type OnnxRuntime = typeof import('onnxruntime-node');
const runtime = (await import(name).catch((error: unknown) => {
  // Ending in good order says that it is not installed; what is broken must not pass for that.
  if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') process.exit();
  throw error;
})) as OnnxRuntime;
runtime.env.wasm.numThreads = threads;
const { model, input } = work;
const bytes = await exportOnnx(createModel(model), { name: model, input: [input[1], input[2], input[3]] });
const session = await runtime.InferenceSession.create(bytes, {
  intraOpNumThreads: threads,
  executionProviders: [name === 'onnxruntime-web' ? 'wasm' : 'cpu'],
});
const tensor = new runtime.Tensor('float32', numbers(sizeOf(input), 1, 1), input);
const infer = async (): Promise<Float32Array> => {
  const { logits } = await session.run({ input: tensor });
  return logits.data as Float32Array;
};
await serve(
  {
    version: runtime.env.versions.common,
    run: async () => {
      await infer();
    },
    results: infer,
  },
  repeatsOfRun(work),
);
