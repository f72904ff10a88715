import { sizeOf } from '../../../src/base/shape.ts';
import { numbers } from '../../compare/numbers.ts';
import type { Program } from '../../compare/program.ts';
import type { NetworkWork } from '../../compare/work.ts';

/** What is used of onnxruntime-web. */
interface OnnxRuntime {
  readonly env: {
    readonly wasm: { numThreads?: number; wasmPaths?: string };
    readonly versions: { readonly common: string };
  };
  readonly InferenceSession: {
    create(model: Uint8Array, options: { readonly executionProviders: readonly ['wasm'] }): Promise<Session>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => object;
}

interface Session {
  run(inputs: { readonly input: object }): Promise<{ readonly logits: { readonly data: Float32Array } }>;
}

/** A forward pass in onnxruntime-web, of the ONNX file that Cardinal exports. */
export async function onnxProgram(
  url: string,
  folder: string,
  threads: number,
  { kind, input }: NetworkWork,
): Promise<Program> {
  if (kind !== 'forward') throw new Error('onnxruntime-web only infers');
  const { env, InferenceSession, Tensor } = (await import(url)) as OnnxRuntime;
  env.wasm.numThreads = threads;
  env.wasm.wasmPaths = new URL(folder, location.href).href;
  const model = new Uint8Array(await (await fetch('/model.onnx')).arrayBuffer());
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'] });
  const tensor = new Tensor('float32', numbers(sizeOf(input), 1, 1), input);
  const infer = async (): Promise<Float32Array> => (await session.run({ input: tensor })).logits.data;
  return {
    version: env.versions.common,
    run: async () => {
      await infer();
    },
    results: infer,
  };
}
