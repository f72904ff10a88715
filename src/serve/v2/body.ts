import { CardinalError } from '../../base/errors.ts';
import { quoted } from '../../base/quoted.ts';
import { parseJson } from '../../base/validate.ts';
import { binaryContents, jsonContents, type Contents } from './contents.ts';
import type { InferRequest } from './infer.ts';
import { invalid } from './invalid.ts';
import { inferRequestSchema, type InferRequestJson } from './schemas.ts';

/** An inference request of HTTP, and how its answer is to be written. */
export interface ParsedBody extends InferRequest {
  readonly id: string | undefined;
  /** Whether an output is given as binary data. */
  readonly isBinary: (output: string) => boolean;
}

/** The header with the length of the JSON that stands before binary data. */
export const lengthHeader = 'inference-header-content-length';

/**
 * Reads the body of an inference request: JSON alone, or JSON and behind it the binary data of its inputs. `headerLength` is the
 * value of `Inference-Header-Content-Length`; 0 says that the body is one picture file and nothing else. Throws a `ServeError` 400.
 */
export function parseBody(body: Buffer, headerLength: string | undefined): ParsedBody {
  const length = headerLength === undefined ? body.length : lengthOf(headerLength, body.length);
  if (length === 0 && headerLength !== undefined) return onePicture(body);
  const json = parsed(body.subarray(0, length));
  const outputs = json.outputs ?? [];
  const all = json.parameters?.binary_data_output ?? false;
  return {
    id: json.id,
    inputs: withContents(json.inputs, body.subarray(length), headerLength !== undefined),
    outputs: outputs.map(({ name, parameters }) => {
      if (parameters?.['shared_memory_region'] !== undefined) {
        throw invalid(`output ${quoted(name)}: this server has no shared memory`);
      }
      return { name, classification: parameters?.classification };
    }),
    isBinary: (output) => outputs.find(({ name }) => name === output)?.parameters?.binary_data ?? all,
  };
}

/** The raw binary request of the extension: everything is given as binary data. */
function onePicture(body: Buffer): ParsedBody {
  const contents: Contents = { ...binaryContents(body), elements: () => [body] };
  return {
    id: undefined,
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], contents }],
    outputs: [],
    isBinary: () => true,
  };
}

function lengthOf(text: string, most: number): number {
  const length = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (length <= most) return length;
  throw invalid(
    `Inference-Header-Content-Length: expected the length of the JSON, from 0 to the body's ${most} bytes, got ${quoted(text)}`,
  );
}

/** Lists and objects that a request has at most: each takes many times the memory that its two bytes do. */
const mostLists = 1_000_000;
/** Colons, and so keys, that it has at most: it has a few dozen, and millions take seconds to read. */
const mostKeys = 100_000;

function parsed(bytes: Uint8Array): InferRequestJson {
  let opened = 0;
  let keys = 0;
  for (const byte of bytes) {
    if (byte === 0x5b || byte === 0x7b) opened++;
    else if (byte === 0x3a) keys++;
  }
  if (opened > mostLists) {
    throw invalid(
      `the request has ${opened} lists, more than ${mostLists}: give data flat, or as binary data`,
    );
  }
  if (keys > mostKeys) throw invalid(`the request has ${keys} keys, more than ${mostKeys}`);
  try {
    return parseJson(
      inferRequestSchema,
      new TextDecoder('utf-8', { fatal: true }).decode(bytes),
      'the request',
    );
  } catch (error) {
    if (error instanceof CardinalError) throw invalid(error.message);
    if (error instanceof TypeError) throw invalid('the request is not JSON: its bytes are no UTF-8');
    throw error;
  }
}

function withContents(
  inputs: InferRequestJson['inputs'],
  binary: Uint8Array,
  isSplit: boolean,
): InferRequest['inputs'] {
  let at = 0;
  const contents = (input: InferRequestJson['inputs'][number]): Contents => {
    const what = `input ${quoted(input.name)}`;
    const size = input.parameters?.binary_data_size;
    if ((size === undefined) === (input.data === undefined)) {
      throw invalid(
        `${what}: expected data, or binary_data_size among its parameters, got ${size === undefined ? 'neither' : 'both'}`,
      );
    }
    if (size === undefined) return jsonContents(input.data ?? []);
    if (!isSplit) {
      throw invalid(
        `${what}: binary data needs the header Inference-Header-Content-Length, the length of the JSON`,
      );
    }
    const rest = binary.length - at;
    if (size > rest) throw invalid(`${what}: expected ${size} bytes of binary data, got ${rest}`);
    at += size;
    return binaryContents(binary.subarray(at - size, at));
  };
  const read = inputs.map((input) => ({
    name: input.name,
    datatype: input.datatype,
    shape: input.shape,
    contents: contents(input),
  }));
  if (at !== binary.length) {
    throw invalid(
      `${binary.length - at} bytes of binary data are left after those of the inputs; is a binary_data_size missing?`,
    );
  }
  return read;
}
