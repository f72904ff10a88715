import { describe, expect, test } from 'vitest';

import {
  about,
  floats,
  logitsOf,
  prepared,
  probabilitiesOf,
  readFloats,
  withLength,
} from '../support/colour-tensors.ts';
import { green, red } from '../support/colours.ts';
import { failed, grpcServer, pictures, tensor } from '../support/grpc.ts';

const rpc = grpcServer();

describe('ModelInfer', () => {
  test('typed contents are answered by typed contents, with the id', async () => {
    const answer = await rpc.client.call('ModelInfer', {
      ...tensor({ fp32_contents: prepared(red, green) }, [2, 3, 4, 4]),
      model_version: '1',
      id: '42',
      parameters: { nobody: { string_param: 'knows' } },
    });
    expect(answer).toEqual({
      model_name: 'colours',
      model_version: '1',
      id: '42',
      outputs: [
        {
          name: 'logits',
          datatype: 'FP32',
          shape: [2, 3],
          contents: { fp32_contents: about([red, green].flatMap(logitsOf)) },
        },
        {
          name: 'probabilities',
          datatype: 'FP32',
          shape: [2, 3],
          contents: { fp32_contents: about([red, green].flatMap(probabilitiesOf)) },
        },
        {
          name: 'classes',
          datatype: 'BYTES',
          shape: [2],
          contents: { bytes_contents: [Buffer.from('red'), Buffer.from('green')] },
        },
      ],
    });
  });

  test('raw contents are answered by raw contents', async () => {
    const answer = await rpc.client.call('ModelInfer', {
      ...tensor(undefined, [2, 3, 4, 4]),
      raw_input_contents: [floats(prepared(green, red))],
      outputs: [{ name: 'classes' }, { name: 'logits' }],
    });
    const { raw_output_contents: raw, ...rest } = answer as { raw_output_contents: Buffer[] };
    expect(rest).toEqual({
      model_name: 'colours',
      model_version: '1',
      outputs: [
        { name: 'classes', datatype: 'BYTES', shape: [2] },
        { name: 'logits', datatype: 'FP32', shape: [2, 3] },
      ],
    });
    expect(raw[0]).toEqual(withLength(Buffer.from('green'), Buffer.from('red')));
    expect(readFloats(raw[1])).toEqual(about([green, red].flatMap(logitsOf)));
  });

  test('picture files, typed and raw', async () => {
    const input = { name: 'image', datatype: 'BYTES', shape: [2] };
    const files = [pictures.red, pictures.green];
    const request = { model_name: 'colours', outputs: [{ name: 'logits' }] };
    expect(
      await rpc.client.call('ModelInfer', {
        ...request,
        inputs: [{ ...input, contents: { bytes_contents: files } }],
      }),
    ).toMatchObject({ outputs: [{ contents: { fp32_contents: about([red, green].flatMap(logitsOf)) } }] });
    const answer = (await rpc.client.call('ModelInfer', {
      ...request,
      inputs: [input],
      raw_input_contents: [withLength(...files)],
    })) as { raw_output_contents: Buffer[] };
    expect(readFloats(answer.raw_output_contents[0])).toEqual(about([red, green].flatMap(logitsOf)));
  });

  test('classification', async () => {
    const parameters = { classification: { int64_param: 2 } };
    const answer = await rpc.client.call('ModelInfer', {
      ...tensor({ fp32_contents: [0.25, 0.5, 0.5].flatMap((value) => Array<number>(16).fill(value)) }),
      outputs: [{ name: 'logits', parameters }],
    });
    expect(answer).toMatchObject({
      outputs: [
        {
          name: 'logits',
          datatype: 'BYTES',
          shape: [1, 2],
          contents: { bytes_contents: [Buffer.from('5:1:green'), Buffer.from('5:2:blue')] },
        },
      ],
    });
  });

  test('numbers that are not packed are the same', async () => {
    const field = (number: number, bytes: Buffer): Buffer =>
      Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
    const values = prepared(red);
    const contents = Buffer.concat(
      values.map((value) => Buffer.concat([Buffer.from([(6 << 3) | 5]), floats([value])])),
    );
    const shape = Buffer.concat([1, 3, 4, 4].map((size) => Buffer.from([3 << 3, size])));
    const input = [field(1, Buffer.from('input')), field(2, Buffer.from('FP32')), shape, field(5, contents)];
    const bytes = [field(1, Buffer.from('colours')), field(5, Buffer.concat(input))];
    expect(await rpc.client.callWithBytes('ModelInfer', Buffer.concat(bytes))).toMatchObject({
      outputs: [{ contents: { fp32_contents: about(logitsOf(red)) } }, {}, {}],
    });
  });

  const whole = { fp32_contents: prepared(red) };
  const raw = floats(prepared(red));
  const oneOutput = (output: object): object => ({ ...tensor(whole), outputs: [output] });
  test.each<[string, object, string, RegExp]>([
    ['an unknown model', { ...tensor(whole), model_name: 'shapes' }, 'NOT_FOUND', /no/],
    ['an unknown version', { ...tensor(whole), model_version: '2' }, 'NOT_FOUND', /no/],
    ['no inputs', { model_name: 'colours' }, 'INVALID_ARGUMENT', /expected one input.*got none/],
    [
      'an unknown input',
      { model_name: 'colours', inputs: [{ name: 'x', contents: {} }] },
      'INVALID_ARGUMENT',
      /no such input/,
    ],
    ['neither form of contents', tensor(undefined), 'INVALID_ARGUMENT', /got neither/],
    [
      'both forms of contents',
      { ...tensor(whole), raw_input_contents: [raw] },
      'INVALID_ARGUMENT',
      /got both/,
    ],
    [
      'raw contents of another number',
      { ...tensor(undefined), raw_input_contents: [raw, raw] },
      'INVALID_ARGUMENT',
      /one for each of 1 inputs, got 2/,
    ],
    [
      'raw contents of another size',
      { ...tensor(undefined), raw_input_contents: [raw.subarray(4)] },
      'INVALID_ARGUMENT',
      /expected 192 bytes.*got 188/,
    ],
    [
      'too few numbers',
      tensor({ fp32_contents: prepared(red).slice(1) }),
      'INVALID_ARGUMENT',
      /expected 48 elements in fp32_contents.*got 47/,
    ],
    [
      'numbers in the field of pictures',
      tensor({ bytes_contents: [raw] }),
      'INVALID_ARGUMENT',
      /expected 48 elements in fp32_contents.*got 0/,
    ],
    [
      'elements of other datatypes',
      tensor({ fp64_contents: prepared(red) }),
      'INVALID_ARGUMENT',
      /got fp64_contents/,
    ],
    [
      'another datatype',
      {
        model_name: 'colours',
        inputs: [{ name: 'input', datatype: 'FP16', shape: [1, 3, 4, 4], contents: whole }],
      },
      'INVALID_ARGUMENT',
      /expected datatype FP32/,
    ],
    ['another shape', tensor(whole, [1, 4, 4, 3]), 'INVALID_ARGUMENT', /expected shape \[N, 3, 4, 4\]/],
    ['a shape below 0', tensor(whole, [-1, 3, 4, 4]), 'INVALID_ARGUMENT', /expected shape/],
    [
      'NaN',
      tensor({ fp32_contents: [NaN, ...prepared(red).slice(1)] }),
      'INVALID_ARGUMENT',
      /NaN at position 0/,
    ],
    [
      'infinity',
      { ...tensor(undefined), raw_input_contents: [floats([Infinity, ...prepared(red).slice(1)])] },
      'INVALID_ARGUMENT',
      /Infinity at position 0/,
    ],
    ['an unknown output', oneOutput({ name: 'boxes' }), 'INVALID_ARGUMENT', /no such output/],
    [
      'classification of none',
      oneOutput({ name: 'logits', parameters: { classification: { int64_param: 0 } } }),
      'INVALID_ARGUMENT',
      /from 1 to 3/,
    ],
    [
      'classification as text',
      oneOutput({ name: 'logits', parameters: { classification: { string_param: '1' } } }),
      'INVALID_ARGUMENT',
      /int64_param/,
    ],
    [
      'shared memory',
      oneOutput({ name: 'logits', parameters: { shared_memory_region: { string_param: 'a' } } }),
      'INVALID_ARGUMENT',
      /shared memory/,
    ],
    [
      'a picture that is none',
      {
        model_name: 'colours',
        inputs: [
          {
            name: 'image',
            datatype: 'BYTES',
            shape: [1],
            contents: { bytes_contents: [Buffer.from('%PDF-1.4')] },
          },
        ],
      },
      'INVALID_ARGUMENT',
      /^input image\[0\]: expected a picture/,
    ],
    [
      'more pictures than may be',
      tensor({ fp32_contents: [] }, [17, 3, 4, 4]),
      'RESOURCE_EXHAUSTED',
      /at most 16 pictures/,
    ],
  ])('refuses %s', async (_, request, code, details) => {
    expect(await rpc.client.failure('ModelInfer', request)).toEqual(failed(code, details));
  });

  test('refuses bytes that are no message, and those that would take many times their memory', async () => {
    for (const bytes of [
      Buffer.from([0xff]),
      Buffer.from([0x0a, 0x7f, 1]),
      Buffer.from([0x2b, 0x2b, 0x2b]),
    ]) {
      expect(await rpc.client.failure('ModelInfer', bytes)).toEqual(failed('INVALID_ARGUMENT', /damaged/));
    }
    // Empty inputs of two bytes each; sizes of a shape of one byte each.
    const inputs = Buffer.alloc(300_000, Buffer.from([0x2a, 0x00]));
    const shape = Buffer.concat([Buffer.from([0x1a]), varint(200_000), Buffer.alloc(200_000, 1)]);
    const one = Buffer.concat([Buffer.from([0x2a]), varint(shape.length), shape]);
    for (const bytes of [inputs, one]) {
      expect(await rpc.client.failure('ModelInfer', bytes)).toEqual(
        failed('INVALID_ARGUMENT', /more than 100000/),
      );
    }
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
