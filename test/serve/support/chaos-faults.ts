import type { Rng } from '../../../src/base/rng.ts';
import { pick } from './chaos-acts.ts';
import type { Sent } from './chaos-client.ts';
import { inference } from './chaos-good.ts';
import { input, type World } from './chaos-world.ts';
import { form } from './form.ts';

/** What a server of the test's limits is asked for in vain: `[what, request, status, code]`; the protocol's errors have no code. */
type Fault = readonly [
  what: string,
  sent: Sent | ((world: World, rng: Rng) => Sent | Promise<Sent>),
  status: number,
  code?: string,
];

const png = { 'content-type': 'image/png' };
const infer = '/v2/models/trees/infer';
const json = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const tensor = (change: object): Sent => ({
  path: infer,
  body: json({
    inputs: [
      { name: 'input', datatype: 'FP32', shape: [1, ...input], data: new Array(192).fill(0), ...change },
    ],
  }),
});
const binary = (bytes: Uint8Array, shape: readonly number[] = [1, ...input], size = bytes.length): Sent => ({
  path: infer,
  ...inference(
    { inputs: [{ name: 'input', datatype: 'FP32', shape, parameters: { binary_data_size: size } }] },
    bytes,
  ),
});
export const floats = (value: number): Buffer => Buffer.from(new Float32Array(192).fill(value).buffer);
const parts = async (list: Parameters<typeof form>[0], path = '/classify'): Promise<Sent> => {
  const { headers, payload } = await form(list);
  return { path, headers, body: payload };
};
const aGood = ({ good }: World): Uint8Array => good[0].bytes;

export const faults: readonly Fault[] = [
  [
    'a text',
    { path: '/classify', headers: { 'content-type': 'text/plain' }, body: json('cat') },
    415,
    'unsupported_media_type',
  ],
  [
    'JSON for a picture',
    { path: '/classify', headers: { 'content-type': 'application/json' }, body: json('{}') },
    415,
    'unsupported_media_type',
  ],
  [
    'a type that is none',
    { path: '/features', headers: { 'content-type': 'image' }, body: json('{}') },
    415,
    'unsupported_media_type',
  ],
  ['no body', { path: '/classify', headers: png }, 400, 'no_picture'],
  [
    'a packed body',
    (world) => ({ path: '/classify', headers: { ...png, 'content-encoding': 'gzip' }, body: aGood(world) }),
    415,
    'unsupported_encoding',
  ],
  [
    'an SVG or PDF',
    ({ noPictures }, rng) => ({
      path: pick(rng, ['/classify', '/features', '/explain']),
      headers: png,
      body: pick(rng, noPictures),
    }),
    415,
    'unsupported_format',
  ],
  [
    'a bomb or a damaged picture',
    ({ damaged }, rng) => ({
      path: pick(rng, ['/classify', '/features', '/explain']),
      headers: png,
      body: pick(rng, damaged).bytes,
    }),
    422,
    'unreadable_picture',
  ],
  [
    'the bomb of 30,000×30,000',
    ({ damaged }) => ({ path: '/classify', headers: png, body: damaged[0].bytes }),
    422,
    'unreadable_picture',
  ],
  [
    'topK of 0',
    (world) => ({ path: '/classify?topK=0', headers: png, body: aGood(world) }),
    400,
    'bad_request',
  ],
  [
    'an unknown query',
    (world) => ({ path: '/classify?url=http://127.0.0.1/', headers: png, body: aGood(world) }),
    400,
    'bad_request',
  ],
  [
    'an unknown class',
    (world) => ({ path: '/explain?class=elm', headers: png, body: aGood(world) }),
    400,
    'unknown_class',
  ],
  [
    'an unknown model',
    (world) => ({ path: '/models/shrubs/classify', headers: png, body: aGood(world) }),
    404,
    'model_not_found',
  ],
  [
    'an unknown version',
    (world) => ({ path: '/classify?version=7', headers: png, body: aGood(world) }),
    404,
    'model_not_found',
  ],
  ['an address that nothing stands at', { path: '/../etc/passwd', method: 'GET' }, 404, 'not_found'],
  ['an address that cannot be decoded', { path: '/models/%zz', method: 'GET' }, 400, 'bad_address'],
  [
    'a timeout that is none',
    (world) => ({ path: '/classify', headers: { ...png, 'x-request-timeout': 'soon' }, body: aGood(world) }),
    400,
    'bad_timeout',
  ],
  [
    'too large a body',
    { path: '/classify', headers: { ...png, expect: '100-continue' }, body: Buffer.alloc(300_000) },
    413,
    'body_too_large',
  ],
  [
    'too many pictures',
    (world) => parts(new Array(7).fill(['image', aGood(world)])),
    413,
    'too_many_pictures',
  ],
  ['another field', (world) => parts([['picture', aGood(world)]]), 400, 'bad_form'],
  ['text in a form', () => parts([['image', 'cat.jpg']]), 400, 'bad_form'],
  [
    'an empty form',
    {
      path: '/classify',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: json('--b--\r\n'),
    },
    400,
    'no_picture',
  ],
  [
    'a form without a boundary',
    { path: '/classify', headers: { 'content-type': 'multipart/form-data' }, body: json('--b--\r\n') },
    400,
    'bad_form',
  ],
  [
    'a form without its end',
    {
      path: '/classify',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: json('--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\nhalf'),
    },
    400,
    'bad_form',
  ],
  [
    'too many headers',
    (world) => ({
      path: '/classify',
      headers: { ...png, ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'x'])) },
      body: aGood(world),
    }),
    431,
    'headers_too_large',
  ],

  ['bad JSON', { path: infer, body: json('{"inputs":[') }, 400],
  ['JSON that is no UTF-8', { path: infer, body: Buffer.from([0x22, 0xff, 0x22]) }, 400],
  ['JSON of another shape', { path: infer, body: json({ inputs: {} }) }, 400],
  ['JSON as another type', { path: infer, headers: { 'content-type': 'text/xml' }, body: json({}) }, 415],
  ['no inputs', { path: infer, body: json({ inputs: [] }) }, 400],
  [
    'NaN, which JSON does not have',
    {
      path: infer,
      body: json('{"inputs":[{"name":"input","datatype":"FP32","shape":[1,3,8,8],"data":[NaN]}]}'),
    },
    400,
  ],
  ['a number too large for 32 bits', tensor({ data: new Array(192).fill(1e39) }), 400],
  ['texts for numbers', tensor({ data: new Array(192).fill('0') }), 400],
  ['too few numbers', tensor({ data: [1, 2] }), 400],
  ['a shape of another picture', tensor({ shape: [1, 3, 8, 9] }), 400],
  ['a shape of none', tensor({ shape: [0, ...input], data: [] }), 400],
  ['a huge tensor', tensor({ shape: [2 ** 40, ...input], data: [1] }), 413],
  ['a tensor of too many pictures', tensor({ shape: [7, ...input] }), 413],
  ['a negative shape', tensor({ shape: [-1, ...input] }), 400],
  ['another datatype', tensor({ datatype: 'FP64' }), 400],
  ['another input', tensor({ name: 'inputs' }), 400],
  [
    'an unknown output',
    { path: infer, body: json({ ...JSON.parse(String(tensor({}).body)), outputs: [{ name: 'boxes' }] }) },
    400,
  ],
  ['NaN as binary data', binary(floats(NaN)), 400],
  ['infinity as binary data', binary(floats(Infinity)), 400],
  ['numbers that overflow', binary(floats(3e38)), 400],
  ['too little binary data', binary(floats(0).subarray(4)), 400],
  ['too much binary data', binary(Buffer.concat([floats(0), floats(0)])), 400],
  ['a size beyond the body', binary(floats(0), [1, ...input], 1e6), 400],
  ['binary data that nobody owns', binary(floats(0), [1, ...input], 700), 400],
  [
    'a header length beyond the body',
    { path: infer, headers: { 'inference-header-content-length': '1000' }, body: json('{}') },
    400,
  ],
  [
    'a picture that is none',
    { path: infer, headers: { 'inference-header-content-length': '0' }, body: json('cat') },
    415,
  ],
  [
    'a picture that is damaged',
    ({ damaged }) => ({
      path: infer,
      headers: { 'inference-header-content-length': '0' },
      body: damaged[0].bytes,
    }),
    422,
  ],
  [
    'base64 that is none',
    { path: infer, body: json({ inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data: ['?'] }] }) },
    400,
  ],
  ['a model that is not there', { path: '/v2/models/shrubs/infer', body: json({ inputs: [] }) }, 404],
  [
    'a version that is not there',
    { path: '/v2/models/trees/versions/7/infer', body: json({ inputs: [] }) },
    404,
  ],
  ['another method', { path: infer, method: 'GET' }, 404],
  [
    'too large a body of the protocol',
    { path: infer, headers: { expect: '100-continue' }, body: Buffer.alloc(300_000) },
    413,
  ],
];
