import { InferenceSession, Tensor } from 'onnxruntime-node';

/** What a network gave, in PyTorch's order. */
export interface Result {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** An ONNX file in ONNX Runtime, on one thread of the CPU. */
export class OnnxRuntime {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async open(bytes: Uint8Array): Promise<OnnxRuntime> {
    return new OnnxRuntime(await InferenceSession.create(bytes, { intraOpNumThreads: 1 }));
  }

  get inputs(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputs(): readonly string[] {
    return this.#session.outputNames;
  }

  /** The first output for a first input of floats or bytes. */
  async run(data: Float32Array | Uint8Array, dims: readonly number[]): Promise<Result> {
    const tensor =
      data instanceof Float32Array ? new Tensor('float32', data, dims) : new Tensor('uint8', data, dims);
    const results = await this.#session.run({ [this.inputs[0]]: tensor });
    const output = results[this.outputs[0]];
    if (!(output.data instanceof Float32Array)) throw new Error(`expected floats, got ${output.type}`);
    return { dims: output.dims, data: output.data };
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}
