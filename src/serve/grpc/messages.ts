import { fromBinary, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';

import { quoted } from '../../base/quoted.ts';
import { sizeOf } from '../../base/shape.ts';
import { ServeError } from '../errors.ts';
import type { ServedModel } from '../served-model.ts';
import { binaryOf } from '../v2/binary.ts';
import { binaryContents, requireFinite, type Contents } from '../v2/contents.ts';
import type { InferRequest, OutputTensor, RequestedOutput } from '../v2/infer.ts';
import { invalid } from '../v2/invalid.ts';
import type {
  InferTensorContents,
  InferTensorContentsSchema,
  ModelInferRequest,
  ModelInferRequest_InferRequestedOutputTensor,
  ModelInferResponseSchema,
} from './inference_pb.ts';
import { requireModest } from './modest.ts';

/** Reads the bytes of a request. Throws a `ServeError` 400 if they are none. */
export function read<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    requireModest(bytes, schema);
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch (error) {
    if (error instanceof ServeError) throw error;
    throw invalid(`the message is no ${schema.name}: its bytes are damaged`);
  }
}

/** What is asked for. Throws a `ServeError` 400 unless every input has its elements once, all in one of the two forms. */
export function requestOf({ inputs, outputs, rawInputContents: raw }: ModelInferRequest): InferRequest {
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw invalid(`raw_input_contents: expected one for each of ${inputs.length} inputs, got ${raw.length}`);
  }
  return {
    inputs: inputs.map(({ name, datatype, shape, contents }, index) => {
      if (raw.length > 0 === (contents !== undefined)) {
        const got = contents === undefined ? 'neither' : 'both';
        throw invalid(`input ${quoted(name)}: expected contents or raw_input_contents, got ${got}`);
      }
      return {
        name,
        datatype,
        shape: shape.map(Number),
        contents: contents === undefined ? binaryContents(raw[index]) : typedContents(contents),
      };
    }),
    outputs: outputs.map(outputOf),
  };
}

/** The answer: in raw form if the request's inputs were. */
export function responseOf(
  { name, version }: Pick<ServedModel, 'name' | 'version'>,
  { id, rawInputContents }: ModelInferRequest,
  outputs: readonly OutputTensor[],
): MessageInitShape<typeof ModelInferResponseSchema> {
  const isRaw = rawInputContents.length > 0;
  return {
    modelName: name,
    modelVersion: version,
    id,
    outputs: outputs.map((output) => ({
      name: output.name,
      datatype: output.datatype,
      shape: output.shape.map(BigInt),
      ...(isRaw ? {} : { contents: contentsOf(output) }),
    })),
    rawOutputContents: isRaw ? outputs.map(binaryOf) : [],
  };
}

function typedContents({ fp32Contents, bytesContents }: InferTensorContents): Contents {
  const counted = (field: string, count: number, shape: readonly number[], what: string): void => {
    const expected = sizeOf(shape);
    if (count === expected) return;
    throw invalid(
      `${what}: expected ${expected} elements in ${field} for the shape [${shape.join(', ')}], got ${count}`,
    );
  };
  return {
    floats(shape, what) {
      counted('fp32_contents', fp32Contents.length, shape, what);
      return requireFinite(Float32Array.from(fp32Contents), what);
    },
    elements(shape, what) {
      counted('bytes_contents', bytesContents.length, shape, what);
      return bytesContents;
    },
  };
}

function contentsOf({ datatype, data }: OutputTensor): MessageInitShape<typeof InferTensorContentsSchema> {
  if (datatype === 'FP32') return { fp32Contents: [...data] };
  return { bytesContents: data.map((text) => new TextEncoder().encode(text)) };
}

function outputOf({ name, parameters }: ModelInferRequest_InferRequestedOutputTensor): RequestedOutput {
  if (Object.hasOwn(parameters, 'shared_memory_region')) {
    throw invalid(`output ${quoted(name)}: this server has no shared memory`);
  }
  if (!Object.hasOwn(parameters, 'classification')) return { name };
  const { parameterChoice: choice } = parameters['classification'];
  if (choice.case === 'int64Param' || choice.case === 'uint64Param') {
    return { name, classification: Number(choice.value) };
  }
  throw invalid(`output ${quoted(name)}: expected classification as int64_param`);
}
