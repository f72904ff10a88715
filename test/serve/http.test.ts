import fastify, { type FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../../src/serve/create-server.ts';
import { mount } from '../../src/serve/mount.ts';
import type { ServerOptions } from '../../src/serve/options.ts';
import type { Classifier } from '../../src/use/classifier.ts';
import { hostilePictures } from '../support/hostile-pictures.ts';
import { colourClassifier, green, plain, predictionsOf, red, type Colour } from './support/colours.ts';
import { form } from './support/form.ts';

let classifier: Classifier;
let server: FastifyInstance;
const pictures = { red: await plain(red), green: await plain(green) };
beforeAll(async () => {
  classifier = await colourClassifier();
  server = await createServer({ models: { colours: classifier, again: classifier } });
});
afterAll(async () => {
  await server.close();
  await classifier.dispose();
});

const asBytes = { 'content-type': 'image/png' };

function post(url: string, payload: Buffer, headers: Record<string, string> = asBytes) {
  return server.inject({ method: 'POST', url, payload, headers });
}

/** What the colour's predictions are, to the precision of 32 bits. */
function about(colour: Colour, topK = 3): object[] {
  return predictionsOf(colour)
    .slice(0, topK)
    .map((guess) => ({ ...guess, probability: expect.closeTo(guess.probability, 5) as number }));
}

const failure = (code: string, message: RegExp) => ({
  error: { code, message: expect.stringMatching(message) as string },
});

describe('POST /classify', () => {
  test('names the most likely classes of a picture in the body, whatever it is called', async () => {
    for (const type of ['image/png', 'image/jpeg', 'application/octet-stream']) {
      const answer = await post('/classify', pictures.red, { 'content-type': type });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.json()).toEqual({ predictions: about(red), model: 'colours', version: '1' });
    }
  });

  test('takes a form with one picture, and topK', async () => {
    const { payload, headers } = await form([['image', pictures.green]]);
    const answer = await post('/classify?topK=1', payload, headers);
    expect(answer.json()).toEqual({ predictions: about(green, 1), model: 'colours', version: '1' });
  });

  test('gives a list for several, with an error for each that cannot be read', async () => {
    const cut = (await sharp(pictures.red).jpeg().toBuffer()).subarray(0, 200);
    const { payload, headers } = await form([
      ['image', pictures.green],
      ['image', Buffer.from('%PDF-1.4 and more')],
      ['image', cut],
      ['image', pictures.red],
    ]);
    const answer = await post('/classify?topK=2', payload, headers);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      results: [
        { predictions: about(green, 2) },
        failure('unsupported_format', /^expected a picture, JPEG, PNG.*; this is a PDF$/),
        failure('unreadable_picture', /^cannot read the picture: /),
        { predictions: about(red, 2) },
      ],
      model: 'colours',
      version: '1',
    });
  });

  test('takes the model by query or address', async () => {
    for (const url of [
      '/classify?model=again',
      '/models/again/classify',
      '/classify?model=again&version=1',
    ]) {
      expect((await post(url, pictures.red)).json()).toMatchObject({ model: 'again', version: '1' });
    }
    for (const url of ['/classify?model=other', '/models/other/classify', '/classify?version=7']) {
      const answer = await post(url, pictures.red);
      expect([answer.statusCode, answer.json<object>()]).toEqual([404, failure('model_not_found', /./)]);
    }
  });

  const wrong: readonly (readonly [string, string, () => Promise<Parts> | Parts, number, string, RegExp])[] =
    [
      ['no number of classes', '/classify?topK=none', () => [pictures.red], 400, 'bad_request', /topK/],
      ['a part of a class', '/classify?topK=1.5', () => [pictures.red], 400, 'bad_request', /topK/],
      ['a name of PyTorch’s', '/classify?top_k=2', () => [pictures.red], 400, 'bad_request', /top_k/],
      ['topK twice', '/classify?topK=1&topK=2', () => [pictures.red], 400, 'bad_request', /topK/],
      ['no body', '/classify', () => [Buffer.alloc(0)], 400, 'no_picture', /got no body: expected pictures/],
      ['an empty form', '/classify', () => asForm([]), 400, 'no_picture', /empty form: expected pictures/],
      ['text for a file', '/classify', () => asForm([['image', 'cat.jpg']]), 400, 'bad_form', /with an @/],
      ['another field', '/classify', () => asForm([['file', pictures.red]]), 400, 'bad_form', /field 'file'/],
      ['half a form', '/classify', async () => cutForm(), 400, 'bad_form', /cannot read the form/],
      [
        'a form without boundary',
        '/classify',
        () => [Buffer.from('x'), 'multipart/form-data'],
        400,
        'bad_form',
        /oundary/,
      ],
      [
        'JSON',
        '/classify',
        () => [Buffer.from('{}'), 'application/json'],
        415,
        'unsupported_media_type',
        /expected pictures/,
      ],
      [
        'text',
        '/classify',
        () => [Buffer.from('hello')],
        415,
        'unsupported_format',
        /of no format that is known/,
      ],
      [
        'too many pictures',
        '/classify',
        () => asForm(Array.from({ length: 17 }, () => ['image', pictures.red] as const)),
        413,
        'too_many_pictures',
        /./,
      ],
      [
        'two to explain',
        '/explain',
        () =>
          asForm([
            ['image', pictures.red],
            ['image', pictures.red],
          ]),
        413,
        'too_many_pictures',
        /./,
      ],
      [
        'a class that there is not',
        '/explain?class=mauve',
        () => [pictures.red],
        400,
        'unknown_class',
        /a number below 3, got 'mauve'/,
      ],
      ['a number too high', '/explain?class=3', () => [pictures.red], 400, 'unknown_class', /got '3'/],
    ];
  test.each(wrong)('refuses %s', async (_what, url, parts, status, code, message) => {
    const [payload, type = 'image/png'] = await parts();
    const answer = await post(url, payload, { 'content-type': type });
    expect([answer.statusCode, answer.json<object>()]).toEqual([status, failure(code, message)]);
  });

  test('refuses what would cost a decoder much, by its header', async () => {
    for (const { name, bytes } of await hostilePictures()) {
      const answer = await post('/classify', Buffer.from(bytes));
      expect([name, answer.statusCode >= 400 && answer.statusCode < 500, answer.body]).toEqual([
        name,
        true,
        expect.stringMatching(
          /^\{"error":\{"code":"(unreadable_picture|unsupported_format)","message":"[^\n]*"\}\}$/,
        ),
      ]);
    }
  });
});

type Parts = readonly [payload: Buffer, type?: string | undefined];

async function asForm(parts: Parameters<typeof form>[0]): Promise<Parts> {
  const { payload, headers } = await form(parts);
  return [payload, headers['content-type']];
}

async function cutForm(): Promise<Parts> {
  const [payload, type] = await asForm([['image', pictures.red]]);
  return [payload.subarray(0, payload.length - 40), type];
}

describe('POST /features and /explain', () => {
  test('features are the input of the last layer', async () => {
    const answer = await post('/features', pictures.red);
    const mean = red.map((value) => expect.closeTo(value / 255, 6) as number);
    expect(answer.json()).toEqual({ features: mean, model: 'colours', version: '1' });
    const { payload, headers } = await form([
      ['image', pictures.red],
      ['image', Buffer.from('none')],
    ]);
    expect((await post('/features', payload, headers)).json()).toMatchObject({
      results: [{ features: mean }, failure('unsupported_format', /./)],
    });
  });

  test('an explanation is a PNG, or numbers', async () => {
    const answer = await post('/explain?class=green', pictures.green);
    expect(answer.headers).toMatchObject({ 'content-type': 'image/png', 'x-class-label': '1' });
    expect(await sharp(answer.rawPayload).metadata()).toMatchObject({ format: 'png' });
    const json = await post('/explain', pictures.green, { ...asBytes, accept: 'application/json' });
    const [best] = about(green);
    expect(json.json()).toEqual({
      ...best,
      width: 4,
      height: 4,
      map: expect.any(Array) as unknown,
      model: 'colours',
      version: '1',
    });
    expect(json.json<{ map: number[] }>().map).toHaveLength(16);
    const numbered = await post('/explain?class=2', pictures.green, {
      ...asBytes,
      accept: 'application/json',
    });
    expect(numbered.json()).toMatchObject({ class: 'blue', label: 2 });
  });
});

test('GET /models lists what is served; one by itself has its classes', async () => {
  const summary = { name: 'colours', version: '1', input: [3, 4, 4], classes: 3 };
  const list = await server.inject('/models');
  expect(list.json()).toMatchObject({ models: [summary, { ...summary, name: 'again' }] });
  expect((await server.inject('/models/again')).json()).toMatchObject({
    ...{ ...summary, name: 'again' },
    classNames: ['red', 'green', 'blue'],
    preprocessing: { size: [4, 4] },
  });
  expect((await server.inject('/models/none')).statusCode).toBe(404);
});

test('addresses that are none have the one shape of errors as well', async () => {
  expect((await server.inject('/nothing')).json()).toEqual(failure('not_found', /./));
  expect((await server.inject('/models/%E0%A4%A')).json()).toEqual(failure('bad_address', /./));
  expect((await server.inject({ method: 'GET', url: '/classify' })).statusCode).toBe(404);
});

test('can be mounted beside the routes and plugins of another program', async () => {
  const host = fastify();
  host.addHook('onRequest', async (request, reply) => {
    if (request.headers['x-user'] === undefined) await reply.code(403).send('the host’s own login');
  });
  host.addContentTypeParser('image/png', () => {
    throw new Error('the host reads no body of the server');
  });
  host.get('/', () => 'the host');
  const mounted = await createServer({ models: { colours: classifier } });
  await host.register(mount, { prefix: '/vision', server: mounted });
  const ask = (url: string, headers: Record<string, string> = { 'x-user': 'me' }) =>
    host.inject({ method: 'POST', url, payload: pictures.red, headers: { ...asBytes, ...headers } });
  expect((await ask('/vision/classify?topK=1')).json()).toMatchObject({ predictions: about(red, 1) });
  expect((await ask('/vision/nothing')).json()).toEqual(failure('not_found', /./));
  expect((await ask('/vision/classify', {})).body).toBe('the host’s own login');
  expect((await host.inject({ url: '/', headers: { 'x-user': 'me' } })).body).toBe('the host');
  await host.close();
  // The classifier is whoever's made it.
  expect(await classifier.classify(pictures.red)).toMatchObject(about(red, 1));
});

test('a server of another maker cannot be mounted', async () => {
  const host = fastify();
  host.register(mount, { prefix: '/vision', server: fastify() });
  await expect(host.ready()).rejects.toThrow(/^expected a server that createServer made, got /);
  await host.close();
});

describe('options that are none', () => {
  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['nothing', undefined, /^createServer: /],
    ['no models', {}, /^createServer: models: expected a list/],
    ['an empty list', { models: [] }, /at least one/],
    ['a path alone', { models: ['a.pth'] }, /expected a list of \{ weights, name\? \}/],
    ['a name unknown', { models: [{ weights: 'a' }], port: 80 }, /port/],
    ['a queue of none', { models: [{ weights: 'a' }], queue: 0 }, /^createServer: queue: /],
    [
      'an origin with a path',
      { models: [{ weights: 'a' }], cors: ['https://a.example/b'] },
      /expected an origin/,
    ],
    ['a key that no header can have', { models: [{ weights: 'a' }], key: 'a b' }, /without spaces/],
    [
      'less room than a body takes',
      { models: [{ weights: 'a' }], heldBytes: 7 },
      /expected heldBytes of at least/,
    ],
    ['weights that are not there', { models: [{ weights: '/no/such.pth' }] }, /such\.pth/],
  ];
  test.each(wrong)('%s', async (_what, options, message) => {
    await expect(createServer(options as ServerOptions)).rejects.toThrow(message);
    await expect(createServer(options as ServerOptions)).rejects.toThrow(/^[^\n]*$/);
  });
});
