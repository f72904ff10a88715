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
import { address, pictures, tensor, v2Server } from '../support/v2.ts';

const v2 = v2Server();
const { infer, refusal } = v2;

describe('inference with JSON', () => {
  test('picture files in base64: all outputs, the id given back', async () => {
    const data = [pictures.red.toString('base64'), pictures.green.toString('base64')];
    const inputs = [{ name: 'image', shape: [2], datatype: 'BYTES', data }];
    const response = await infer({ id: '42', parameters: { nobody: 'knows' }, inputs });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toMatch('application/json');
    expect(response.headers['inference-header-content-length']).toBeUndefined();
    expect(response.json()).toEqual({
      model_name: 'colours',
      model_version: '1',
      id: '42',
      outputs: [
        { name: 'logits', datatype: 'FP32', shape: [2, 3], data: about([red, green].flatMap(logitsOf)) },
        {
          name: 'probabilities',
          datatype: 'FP32',
          shape: [2, 3],
          data: about([red, green].flatMap(probabilitiesOf)),
        },
        { name: 'classes', datatype: 'BYTES', shape: [2], data: ['red', 'green'] },
      ],
    });
  });

  test('prepared pictures, flat or nested; no id where none was given; any version of the type', async () => {
    const flat = prepared(green, red);
    const nested = [0, 1].map((n) =>
      [0, 1, 2].map((c) =>
        [0, 1, 2, 3].map((y) => flat.slice(((n * 3 + c) * 4 + y) * 4, ((n * 3 + c) * 4 + y + 1) * 4)),
      ),
    );
    for (const data of [flat, nested]) {
      for (const type of ['application/json', 'application/json; charset=utf-8', '']) {
        const headers = { 'content-type': type };
        const response = await infer(tensor(data, [2, 3, 4, 4]), { headers });
        const { outputs, ...rest } = response.json<{ outputs: object[] }>();
        expect(rest).toEqual({ model_name: 'colours', model_version: '1' });
        expect(outputs).toContainEqual({
          name: 'logits',
          datatype: 'FP32',
          shape: [2, 3],
          data: about([green, red].flatMap(logitsOf)),
        });
      }
    }
  });

  test('every element is where its place in the shape says', async () => {
    // The mean of each plane tells which elements are in it.
    const data = Array.from({ length: 48 }, (_, index) => index / 48);
    const means = [0, 1, 2].map((plane) => (10 * (plane * 16 + 7.5)) / 48);
    const response = await infer({ ...tensor(data), outputs: [{ name: 'logits' }] });
    expect(response.json()).toMatchObject({ outputs: [{ data: about(means) }] });
  });

  test('the outputs that are asked for, in their order; by the address of a version', async () => {
    const outputs = [{ name: 'classes' }, { name: 'probabilities', parameters: { binary_data: false } }];
    const url = '/v2/models/colours/versions/1/infer';
    const response = await infer({ ...tensor(prepared(red)), outputs }, { url });
    expect(response.json()).toEqual({
      model_name: 'colours',
      model_version: '1',
      outputs: [
        { name: 'classes', datatype: 'BYTES', shape: [1], data: ['red'] },
        { name: 'probabilities', datatype: 'FP32', shape: [1, 3], data: about(probabilitiesOf(red)) },
      ],
    });
  });

  test('an empty list of outputs asks for all', async () => {
    const response = await infer({ ...tensor(prepared(red)), outputs: [] });
    expect(response.json<{ outputs: object[] }>().outputs).toHaveLength(3);
  });

  test('numbers are those of 32 bits, and classify gives the same', async () => {
    const [best] = await v2.classifier.classify(pictures.red);
    const inputs = [
      { name: 'image', shape: [1], datatype: 'BYTES', data: [pictures.red.toString('base64')] },
    ];
    const response = await infer({ inputs, outputs: [{ name: 'probabilities' }] });
    const [{ data }] = response.json<{ outputs: { data: number[] }[] }>().outputs;
    expect(Math.fround(data[best.label])).toBe(Math.fround(best.probability));
  });

  test('classification: the highest as value:index:label', async () => {
    const outputs = [
      { name: 'logits', parameters: { classification: 2 } },
      { name: 'probabilities', parameters: { classification: 3 } },
    ];
    // Means of 0.25, 0.5 and 0.5 are exact: of equal values the first comes first.
    const data = [0.25, 0.5, 0.5].flatMap((value) => Array<number>(16).fill(value));
    const response = await infer({ ...tensor([...data, ...prepared(green)], [2, 3, 4, 4]), outputs });
    const [logits, probabilities] = response.json<{ outputs: { data: string[] }[] }>().outputs;
    expect(logits).toEqual({
      name: 'logits',
      datatype: 'BYTES',
      shape: [2, 2],
      data: [
        '5:1:green',
        '5:2:blue',
        expect.stringMatching(/^7\.0588\d+:1:green$/),
        expect.stringMatching(/^3\.5294\d+:2:blue$/),
      ],
    });
    expect(probabilities).toMatchObject({ datatype: 'BYTES', shape: [2, 3] });
    expect(probabilities.data.map((text) => text.replace(/^[^:]+/, ''))).toEqual([
      ':1:green',
      ':2:blue',
      ':0:red',
      ':1:green',
      ':2:blue',
      ':0:red',
    ]);
  });
});

describe('inference with binary data', () => {
  const input = (shape: number[], bytes: number, name = 'input', datatype = 'FP32'): object => ({
    name,
    shape,
    datatype,
    parameters: { binary_data_size: bytes },
  });

  test('a tensor in, JSON out', async () => {
    const binary = floats(prepared(red, green));
    const inputs = [input([2, 3, 4, 4], binary.length)];
    const response = await infer(
      { model_name: 'colours', inputs, outputs: [{ name: 'logits' }] },
      { binary },
    );
    expect(response.headers['content-type']).toMatch('application/json');
    expect(response.json()).toMatchObject({ outputs: [{ data: about([red, green].flatMap(logitsOf)) }] });
  });

  test('picture files in, binary data out where it is asked for', async () => {
    const binary = withLength(pictures.green, pictures.red);
    const inputs = [input([2], binary.length, 'image', 'BYTES')];
    const outputs = [
      { name: 'classes', parameters: { binary_data: true } },
      { name: 'probabilities' },
      { name: 'logits', parameters: { binary_data: true } },
    ];
    const response = await infer({ id: 'ü', inputs, outputs }, { binary });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('application/octet-stream');
    const length = Number(response.headers['inference-header-content-length']);
    const expected = withLength(Buffer.from('green'), Buffer.from('red'));
    expect(JSON.parse(response.rawPayload.subarray(0, length).toString())).toEqual({
      model_name: 'colours',
      model_version: '1',
      id: 'ü',
      outputs: [
        { name: 'classes', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: expected.length } },
        {
          name: 'probabilities',
          datatype: 'FP32',
          shape: [2, 3],
          data: about([green, red].flatMap(probabilitiesOf)),
        },
        { name: 'logits', datatype: 'FP32', shape: [2, 3], parameters: { binary_data_size: 24 } },
      ],
    });
    expect(response.headers['content-length']).toBe(String(length + expected.length + 24));
    const rest = response.rawPayload.subarray(length);
    expect(rest.subarray(0, expected.length)).toEqual(expected);
    expect(readFloats(rest.subarray(expected.length))).toEqual(about([green, red].flatMap(logitsOf)));
  });

  test('binary_data_output is for all outputs but those that say otherwise', async () => {
    const parameters = { binary_data_output: true };
    const all = await infer({ ...tensor(prepared(red)), parameters });
    const length = Number(all.headers['inference-header-content-length']);
    expect(all.rawPayload.length - length).toBe(12 + 12 + 4 + 'red'.length);
    const outputs = [{ name: 'logits', parameters: { binary_data: false } }, { name: 'probabilities' }];
    const some = await infer({ ...tensor(prepared(red)), parameters, outputs });
    const start = Number(some.headers['inference-header-content-length']);
    expect(JSON.parse(some.rawPayload.subarray(0, start).toString())).toMatchObject({
      outputs: [{ data: about(logitsOf(red)) }, { parameters: { binary_data_size: 12 } }],
    });
    expect(readFloats(some.rawPayload.subarray(start))).toEqual(about(probabilitiesOf(red)));
  });

  test('an input of JSON where the body may have binary data', async () => {
    const response = await infer(tensor(prepared(red)), { binary: Buffer.alloc(0) });
    expect(response.json()).toMatchObject({ model_name: 'colours' });
  });

  test('a body that is one picture: everything is given as binary data', async () => {
    const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': '0' };
    const response = await v2.server.inject({
      method: 'POST',
      url: address,
      payload: pictures.green,
      headers,
    });
    expect(response.statusCode).toBe(200);
    const length = Number(response.headers['inference-header-content-length']);
    expect(JSON.parse(response.rawPayload.subarray(0, length).toString())).toMatchObject({
      outputs: [
        { name: 'logits', shape: [1, 3], parameters: { binary_data_size: 12 } },
        { name: 'probabilities', shape: [1, 3], parameters: { binary_data_size: 12 } },
        { name: 'classes', shape: [1], parameters: { binary_data_size: 9 } },
      ],
    });
    expect(readFloats(response.rawPayload.subarray(length, length + 12))).toEqual(about(logitsOf(green)));
  });

  const whole = floats(prepared(red));
  const sized = (parameters: object, more: object = {}): object => ({
    inputs: [{ name: 'input', shape: [1, 3, 4, 4], datatype: 'FP32', parameters, ...more }],
  });
  test.each<[string, object, Buffer, Record<string, string>, RegExp]>([
    [
      'too few bytes for the shape',
      sized({ binary_data_size: 188 }),
      whole.subarray(4),
      {},
      /expected 192 bytes.*1,3,4,4.*got 188/,
    ],
    [
      'fewer bytes than announced',
      sized({ binary_data_size: 192 }),
      whole.subarray(4),
      {},
      /expected 192 bytes of binary data, got 188/,
    ],
    [
      'bytes left over',
      sized({ binary_data_size: 192 }),
      Buffer.concat([whole, whole]),
      {},
      /192 bytes of binary data are left/,
    ],
    ['data as well', sized({ binary_data_size: 192 }, { data: prepared(red) }), whole, {}, /got both/],
    ['no size', sized({}), whole, {}, /got neither/],
    ['a size below 0', sized({ binary_data_size: -192 }), whole, {}, /binary_data_size/],
    ['a size that is no number', sized({ binary_data_size: '192' }), whole, {}, /binary_data_size/],
    [
      'NaN',
      sized({ binary_data_size: 192 }),
      floats([NaN, ...prepared(red).slice(1)]),
      {},
      /finite.*NaN at position 0/,
    ],
    [
      'infinity',
      sized({ binary_data_size: 192 }),
      floats([...prepared(red).slice(1), -Infinity]),
      {},
      /-Infinity at position 47/,
    ],
    [
      'a length beyond the body',
      sized({ binary_data_size: 192 }),
      whole,
      { 'inference-header-content-length': '99999' },
      /Inference-Header-Content-Length/,
    ],
    [
      'a length that is no number',
      sized({ binary_data_size: 192 }),
      whole,
      { 'inference-header-content-length': '1e2' },
      /Inference-Header-Content-Length/,
    ],
    [
      'a length that cuts the JSON',
      sized({ binary_data_size: 192 }),
      whole,
      { 'inference-header-content-length': '30' },
      /not JSON/,
    ],
    [
      'pictures that end within a length',
      { inputs: [input([2], 8, 'image', 'BYTES')] },
      Buffer.from([2, 0, 0, 0, 1, 1, 9, 9]),
      {},
      /end in number 1/,
    ],
    [
      'a picture longer than the bytes',
      { inputs: [input([1], 8, 'image', 'BYTES')] },
      Buffer.from([255, 255, 255, 255, 1, 1, 9, 9]),
      {},
      /end in number 0/,
    ],
    [
      'more pictures than the shape says',
      { inputs: [input([1], 8, 'image', 'BYTES')] },
      Buffer.alloc(8),
      {},
      /4 bytes are left/,
    ],
  ])('refused: %s', async (_, json, binary, headers, message) => {
    const given = Object.keys(headers).length === 0 ? {} : { headers };
    expect(await refusal(json, { binary, ...given })).toEqual([400, expect.stringMatching(message)]);
  });

  test('refused: binary data without the header', async () => {
    expect(await refusal(sized({ binary_data_size: 192 }))).toEqual([
      400,
      expect.stringContaining('Inference-Header-Content-Length'),
    ]);
  });
});
