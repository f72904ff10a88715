import { create, fromJson, toBinary, toJson, fromBinary } from '@bufbuild/protobuf';
import { joinedBytes } from '../../../src/base/joined-bytes.ts';
import { jsonValue } from '../../../src/base/validate.ts';
import type { Rng } from '../../../src/base/rng.ts';
import { ModelInferRequestSchema } from '../../../src/serve/grpc/inference_pb.ts';
import { read, requestOf } from '../../../src/serve/grpc/messages.ts';
import { defaultLimits } from '../../../src/serve/limits.ts';
import type { ServedModel } from '../../../src/serve/served-model.ts';
import { parseBody } from '../../../src/serve/v2/body.ts';
import { infer, type InferRequest } from '../../../src/serve/v2/infer.ts';
import { mutate } from '../../support/mutate.ts';
import { mutateJson, mutateTree } from '../formats/json.ts';
import type { Probe, Target } from '../target.ts';

const classes = ['a', 'b'];
/** Takes 1×2×2, and answers without decoding or computing. */
const model = {
  name: 'none',
  version: '1',
  about: { classes, input: [1, 2, 2] },
  classifier: {
    logits: () => Promise.resolve(new Float32Array(2)),
    forward: (inputs: Float32Array) => Promise.resolve({ data: new Float32Array(inputs.length / 2) }),
  },
} as unknown as ServedModel;

/** Reads a request to its last element, and answers it. */
async function answered(request: InferRequest, { fault }: Probe): Promise<void> {
  let pictures = 0;
  const outputs = await infer(model, request, {
    limits: defaultLimits,
    signal: new AbortController().signal,
    takePlaces: (count) => (pictures = count),
    onTimes: () => undefined,
  });
  for (const { name, shape, data } of outputs) {
    if (shape[0] !== pictures) fault(`output ${name} is of ${shape[0]} pictures, not of ${pictures}`);
    if (data.length !== shape.reduce((a, b) => a * b)) fault(`output ${name} has ${data.length} elements`);
  }
}

const picture = Buffer.from('GIF89a no more');
const floats = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
const tensor = { name: 'input', shape: [1, 1, 2, 2], datatype: 'FP32' };

/** The length of the JSON, as the header has it, in four bytes; then the body. */
function split(bytes: Uint8Array): { json: Uint8Array; binary: Uint8Array } {
  const length = bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return { json: bytes.subarray(4, 4 + length), binary: bytes.subarray(4 + length) };
}
function joined(json: Uint8Array, binary: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  // Not a Buffer, whose slices are the same memory.
  return joinedBytes([length, json, binary]);
}
function request(json: object, binary = Buffer.alloc(0)): Uint8Array {
  return joined(Buffer.from(JSON.stringify(json)), binary);
}

const body: Target = {
  name: 'v2',
  begins: /^./,
  early: /is not JSON$/,
  seeds: () =>
    Promise.resolve([
      request({
        id: '42',
        inputs: [{ ...tensor, data: [[[[1, 2], [3, 4]]]] }], // prettier-ignore
        outputs: [{ name: 'logits', parameters: { classification: 2 } }, { name: 'classes' }],
      }),
      request({ inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data: [picture.toString('base64')] }] }), // prettier-ignore
      request(
        {
          inputs: [{ ...tensor, parameters: { binary_data_size: floats.length } }],
          parameters: { binary_data_output: true },
        },
        floats,
      ),
      request(
        {
          inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: picture.length + 4 } }], // prettier-ignore
        },
        Buffer.concat([Buffer.from([picture.length, 0, 0, 0]), picture]),
      ),
    ]),
  mutate(bytes, rng, others) {
    const { json, binary } = split(bytes);
    const choice = rng.int(4);
    if (choice === 0) return mutate(bytes, rng, others);
    if (choice === 1 && binary.length > 0) return joined(json, mutate(binary, rng, others));
    return joined(mutateJson(json, rng, [json]), binary);
  },
  async read(bytes, probe) {
    const { json, binary } = split(bytes);
    const whole = Buffer.concat([json, binary]);
    await answered(parseBody(whole, binary.length === 0 ? undefined : String(json.length)), probe);
  },
};

const message: Target = {
  name: 'grpc',
  begins: /^./,
  early: /damaged/,
  seeds: () =>
    Promise.resolve(
      [
        { inputs: [{ ...tensor, shape: tensor.shape.map(BigInt), contents: { fp32Contents: [1, 2, 3, 4] } }] }, // prettier-ignore
        { inputs: [{ ...tensor, shape: tensor.shape.map(BigInt) }], rawInputContents: [floats], outputs: [{ name: 'logits' }] }, // prettier-ignore
        { inputs: [{ name: 'image', datatype: 'BYTES', shape: [1n], contents: { bytesContents: [picture] } }] }, // prettier-ignore
      ].map((one) =>
        toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, { modelName: 'none', ...one })),
      ),
    ),
  mutate: (bytes, rng, others) =>
    (rng.int(3) > 0 ? otherFields(bytes, rng) : undefined) ?? mutate(bytes, rng, others, { most: 2 }),
  async read(bytes, probe) {
    await answered(requestOf(read(ModelInferRequestSchema, bytes)), probe);
  },
};

/** The same message with other values; none if there is no such message. */
function otherFields(bytes: Uint8Array, rng: Rng): Uint8Array | undefined {
  for (let left = 8; left > 0; left--) {
    try {
      const json = jsonValue.parse(
        toJson(ModelInferRequestSchema, fromBinary(ModelInferRequestSchema, bytes)),
      );
      const changed = fromJson(ModelInferRequestSchema, mutateTree(json, rng), { ignoreUnknownFields: true });
      return toBinary(ModelInferRequestSchema, changed);
    } catch {
      // Most values are of a type that their field does not have.
    }
  }
  return undefined;
}

export const protocol: readonly Target[] = [body, message];
