import { describe, expect, test } from 'vitest';

import { prepared } from '../support/colour-tensors.ts';
import { red } from '../support/colours.ts';
import { address, pictures, tensor, v2Server } from '../support/v2.ts';

const v2 = v2Server();
const { refusal } = v2;

describe('requests that are refused', () => {
  const data = prepared(red);
  const image = (value: unknown, shape = [1]): object => ({
    inputs: [{ name: 'image', shape, datatype: 'BYTES', data: [value].flat() }],
  });
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{"inputs": [', /not JSON/],
    ['nothing', '', /not JSON/],
    ['NaN, which JSON does not have', JSON.stringify(tensor(data)).replace(/0\.\d+/, 'NaN'), /not JSON/],
    ['no object', '[]', /expected object/],
    ['nested without end', `{"inputs": ${nested(5000)}}`, /nested more than/],
    ['a million lists', `{"inputs": [${'[],'.repeat(1_000_001)}[]]}`, /lists/],
    ['too many keys', `{"inputs": [], ${'"a":1,'.repeat(100_000)}"a":1}`, /10000\d keys/],
    ['no inputs', {}, /inputs/],
    ['an empty list of inputs', { inputs: [] }, /expected one input, image or input, got none/],
    [
      'two inputs',
      { inputs: [image('a'), tensor(data)].flatMap((one) => (one as { inputs: object[] }).inputs) },
      /expected one input.*got image, input/,
    ],
    ['an id that is no text', { id: 7, ...tensor(data) }, /id/],
    ['an input without a name', { inputs: [{ shape: [1], datatype: 'FP32', data: [1] }] }, /name/],
    [
      'an unknown input',
      { inputs: [{ name: 'x', shape: [1], datatype: 'FP32', data: [1] }] },
      /input 'x': colours has no such input; it has image and input/,
    ],
    ['no shape', { inputs: [{ name: 'input', datatype: 'FP32', data }] }, /shape/],
    ['a shape with less than 0', tensor(data, [-1, 3, 4, 4]), /shape/],
    ['a shape with half a picture', tensor(data, [0.5, 3, 4, 4]), /shape/],
    ['no pictures', tensor([], [0, 3, 4, 4]), /expected shape \[N, 3, 4, 4\].*got \[0, 3, 4, 4\]/],
    ['a shape of three axes', tensor(data, [3, 4, 4]), /expected shape \[N, 3, 4, 4\].*got \[3, 4, 4\]/],
    ['channels last', tensor(data, [1, 4, 4, 3]), /expected shape \[N, 3, 4, 4\].*got \[1, 4, 4, 3\]/],
    [
      'another datatype',
      { inputs: [{ name: 'input', shape: [1, 3, 4, 4], datatype: 'FP64', data }] },
      /expected datatype FP32, got 'FP64'/,
    ],
    [
      'a datatype that there is not',
      { inputs: [{ name: 'image', shape: [1], datatype: 'STRING', data: ['a'] }] },
      /expected datatype BYTES/,
    ],
    ['too few numbers', tensor(data.slice(1)), /expected 48 elements.*got 47/],
    ['too many numbers', tensor([...data, 0]), /expected 48 elements.*got 49/],
    [
      'no data',
      { inputs: [{ name: 'input', shape: [1, 3, 4, 4], datatype: 'FP32' }] },
      /expected data.*got neither/,
    ],
    ['data that is no list', tensor('0'), /data/],
    ['a text among numbers', tensor(['0.5', ...data.slice(1)]), /expected numbers, got '0.5'/],
    ['null among numbers', tensor([null, ...data.slice(1)]), /expected numbers, got null/],
    ['a list among numbers', tensor([...data.slice(1), [1]]), /expected numbers/],
    ['a number beyond 64 bits', JSON.stringify(tensor(data)).replace(/0\.\d+/, '1e999'), /finite.*Infinity/],
    ['a number beyond 32 bits', tensor([1e39, ...data.slice(1)]), /finite.*Infinity/],
    ['numbers whose logits overflow', tensor(data.map(() => 3e38)), /NaN or infinity/],
    ['nested lists of another shape', tensor([[data]]), /nested as the shape/],
    [
      'a row that is short',
      tensor([
        Array(3).fill([
          [1, 2, 3, 4],
          [1, 2, 3, 4],
          [1, 2, 3, 4],
          [1, 2, 3],
        ]),
      ]),
      /a list of 4, got one of 3/,
    ],
    ['a number that is no text', image(7), /expected texts in base64, got 7/],
    ['no base64', image('not base64!'), /expected base64/],
    ['base64 with line ends', image('AAAA\nAAAA'), /without line ends/],
    [
      'an unknown output',
      { ...tensor(data), outputs: [{ name: 'boxes' }] },
      /output 'boxes': colours has no such output; it has logits, probabilities, classes/,
    ],
    ['an output twice', { ...tensor(data), outputs: [{ name: 'logits' }, { name: 'logits' }] }, /twice/],
    [
      'classification of more than there are',
      { ...tensor(data), outputs: [{ name: 'logits', parameters: { classification: 4 } }] },
      /from 1 to 3, got 4/,
    ],
    [
      'classification of none',
      { ...tensor(data), outputs: [{ name: 'logits', parameters: { classification: 0 } }] },
      /classification/,
    ],
    [
      'classification of texts',
      { ...tensor(data), outputs: [{ name: 'classes', parameters: { classification: 1 } }] },
      /of numbers/,
    ],
    [
      'binary_data that is no boolean',
      { ...tensor(data), outputs: [{ name: 'logits', parameters: { binary_data: 'yes' } }] },
      /binary_data/,
    ],
    [
      'an output in shared memory',
      { ...tensor(data), outputs: [{ name: 'logits', parameters: { shared_memory_region: 'a' } }] },
      /shared memory/,
    ],
  ])('%s', async (_, json, message) => {
    expect(await refusal(json as object)).toEqual([400, expect.stringMatching(message)]);
  });

  test('bytes that are no UTF-8', async () => {
    const headers = { 'content-type': 'application/json' };
    const payload = Buffer.from('{"id":"\xff","inputs":[]}', 'latin1');
    const response = await v2.server.inject({ method: 'POST', url: address, payload, headers });
    expect([response.statusCode, response.json()]).toEqual([
      400,
      { error: expect.stringContaining('UTF-8') as string },
    ]);
  });

  test('a picture that cannot be read has its number', async () => {
    const good = pictures.red.toString('base64');
    const cut = pictures.red.subarray(0, 60).toString('base64');
    expect(await refusal(image([good, cut, good], [3]))).toEqual([
      422,
      expect.stringMatching(/^input image\[1\]: cannot read the picture/),
    ]);
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64');
    expect(await refusal(image([svg]))).toEqual([
      415,
      expect.stringMatching(/^input image\[0\]: expected a picture/),
    ]);
  });

  test('more pictures than a request may have', async () => {
    expect(await refusal(tensor(prepared(red, red, red, red, red), [5, 3, 4, 4]))).toEqual([
      413,
      expect.stringMatching(/at most 4 pictures, got 5/),
    ]);
  });

  test('other content types', async () => {
    const headers = { 'content-type': 'text/plain' };
    expect(await refusal(tensor(data), { headers })).toEqual([415, expect.any(String)]);
  });
});
