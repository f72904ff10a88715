import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { CardinalError, DisposedError } from '../../src/base/errors.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import type { Preprocessing } from '../../src/data/preprocessing.ts';
import { AdaptiveAvgPool2d, Flatten, Linear, Sequential } from '../../src/nn/index.ts';
import { classifierOf, loadClassifier } from '../../src/node/classifier.ts';
import type { Classifier } from '../../src/use/classifier.ts';
import type { ClassifiedPicture, ClassifyOptions } from '../../src/use/classify-each.ts';
import type { PictureInput } from '../../src/data/picture-forms.ts';
import { saveWeights } from '../../src/node/weights.ts';
import { countRounds, gaps, watchedBackend } from '../support/rounds.ts';
import { countingBackend } from '../support/tiny-training.ts';
import { temporaryFolder, writeBytes } from './data/support/sources.ts';

const classes = ['red', 'green', 'blue'];
const preprocessing: Preprocessing = {
  channels: 3,
  size: [4, 4],
  resize: 4,
  interpolation: 'bilinear',
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

/** Logits are ten times the mean of each colour, so that every answer can be worked out by hand. */
function colourNetwork() {
  const model = new Sequential(new AdaptiveAvgPool2d(1), new Flatten(), new Linear(3, 3));
  model.loadStateDict(
    new Map([
      ['2.weight', f32([3, 3], Float32Array.of(10, 0, 0, 0, 10, 0, 0, 0, 10))],
      ['2.bias', f32([3], new Float32Array(3))],
    ]),
  );
  return { model, description: { name: 'colours', options: {} }, classes };
}

/** A picture of one colour, as raw pixels. */
function plain(color: readonly [number, number, number], width = 12, height = 8) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => color[i % 3]);
  return { data, width, height, channels: 3 as const };
}

/** The softmax of what `colourNetwork` makes of a colour. */
function shares(color: readonly number[]): number[] {
  const weights = color.map((value) => Math.exp((10 * value) / 255));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

const colours = {
  red: [200, 60, 20],
  green: [60, 180, 90],
  blue: [10, 80, 160],
} as const;

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
beforeAll(async () => {
  for (const [name, color] of Object.entries(colours)) {
    const { data, ...raw } = plain(color);
    writeBytes(at(`${name}.png`), await sharp(data, { raw }).png().toBuffer());
  }
  writeBytes(at('broken.png'), 'no picture');
  writeBytes(at('a file: of #1 %20.png'), await readFile(at('green.png')));
});
afterAll(folder.remove);

let classifier: Classifier;
beforeAll(async () => {
  classifier = await classifierOf(colourNetwork(), { backend: createReferenceBackend(), preprocessing });
});
afterAll(() => classifier.dispose());

/** A JavaScript caller, whom no types hold back. */
const unchecked = (value: unknown): PictureInput => value as PictureInput;
const message = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'was accepted',
    (error: unknown) =>
      error instanceof CardinalError ? error.message : `${String(error)} is no CardinalError`,
  );

describe('what a picture may come as', () => {
  const inputs: readonly (readonly [string, () => PictureInput | Promise<PictureInput>])[] = [
    ['a path', () => at('green.png')],
    ['a file: URL', () => pathToFileURL(at('a file: of #1 %20.png'))],
    ['the text of a file: URL', () => pathToFileURL(at('a file: of #1 %20.png')).href],
    ['a Buffer', () => readFile(at('green.png'))],
    [
      'a part of a larger buffer',
      async () => Buffer.concat([Buffer.alloc(7), await readFile(at('green.png'))]).subarray(7),
    ],
    ['a Uint8Array', async () => Uint8Array.from(await readFile(at('green.png')))],
    ['an ArrayBuffer', async () => Uint8Array.from(await readFile(at('green.png'))).buffer],
    [
      'a SharedArrayBuffer',
      async () => {
        const bytes = await readFile(at('green.png'));
        const shared = new SharedArrayBuffer(bytes.length);
        new Uint8Array(shared).set(bytes);
        return shared;
      },
    ],
    ['a Blob', async () => new Blob([Uint8Array.from(await readFile(at('green.png')))])],
    ['a File', async () => new File([Uint8Array.from(await readFile(at('green.png')))], 'green.png')],
    ['a stream of Node', () => createReadStream(at('green.png'), { highWaterMark: 11 })],
    ['a stream of the web', () => Readable.toWeb(createReadStream(at('green.png')))],
    [
      'a stream of the web that cannot be iterated over',
      async () => {
        const blob = new Blob([Uint8Array.from(await readFile(at('green.png')))]);
        return { getReader: () => blob.stream().getReader() };
      },
    ],
    [
      'a generator that fills the same memory again',
      async function* (): AsyncGenerator<Uint8Array> {
        const bytes = await readFile(at('green.png'));
        const part = new Uint8Array(10);
        for (let start = 0; start < bytes.length; start += 10) {
          part.set(bytes.subarray(start, start + 10));
          yield part.subarray(0, Math.min(10, bytes.length - start));
        }
      },
    ],
    ['raw pixels', () => plain(colours.green)],
    [
      'raw pixels, clamped',
      () => unchecked({ ...plain(colours.green), data: Uint8ClampedArray.from(plain(colours.green).data) }),
    ],
    [
      'bytes of another realm',
      async () => {
        const bytes = await readFile(at('green.png'));
        const other = vm.runInNewContext(`new Uint8Array(${bytes.length})`) as Uint8Array;
        other.set(bytes);
        return other;
      },
    ],
  ];
  test.each(inputs)('%s', async (_, input) => {
    const top = await classifier.classify(await input(), { topK: 3 });
    expect(top.map((guess) => [guess.class, guess.label])).toEqual([
      ['green', 1],
      ['blue', 2],
      ['red', 0],
    ]);
    const [red, green, blue] = shares(colours.green);
    [green, blue, red].forEach((share, rank) => {
      expect(top[rank].probability).toBeCloseTo(share, 6);
    });
  });

  test('grey pixels are repeated', async () => {
    const grey = { data: new Uint8Array(20).fill(90), width: 5, height: 4, channels: 1 as const };
    const top = await classifier.classify(grey, { topK: 9 });
    expect(top).toHaveLength(3);
    for (const { probability } of top) expect(probability).toBeCloseTo(1 / 3, 6);
  });

  const { data } = plain(colours.red);
  test.each<readonly [string, unknown, RegExp]>([
    ['nothing', undefined, /expected a path, a file: URL, bytes .* got undefined$/],
    ['null', null, /got null$/],
    ['a number', 42, /got 42$/],
    ['an empty name', '', /its name is empty$/],
    ['an object', {}, /got \{\}$/],
    ['an object without a prototype', Object.create(null), /got \{\}$/],
    ['an array of names', ['red.png'], /got \['red\.png'\]; classifyMany takes several$/],
    ['a promise', Promise.resolve('red.png'), /got a promise \(is an await missing\?\)$/],
    ['a function', () => 'red.png', /got a function$/],
    ['an answer of fetch', new Response('x'), /got a Response$/],
    ['floats', new Float32Array(48), /got a Float32Array$/],
    ['an address', new URL('https://example.org/cat.jpg'), /got an address; download it and give the bytes$/],
    ['the text of an address', 'https://example.org/cat.jpg', /got an address; download it/],
    ['a data: URL', 'data:image/png;base64,iVBORw0KGgo=', /got a data: URL; give its bytes/],
    ['a file: URL of another machine', 'file://elsewhere/cat.jpg', /File URL host/],
    ['no bytes', new Uint8Array(), /it is empty$/],
    ['an empty ArrayBuffer', new ArrayBuffer(0), /it is empty$/],
    ['an empty Blob', new Blob([]), /it is empty$/],
    ['bytes of no picture', Buffer.from('GIF, but not really'), /not a picture of a known format$/],
    ['a stream of text', Readable.from(['a', 'b']), /expected a stream of bytes, got 'a' in it$/],
    [
      'four channels',
      { data: new Uint8Array(64), width: 4, height: 4, channels: 4 },
      /the raw pixels: channels: expected 1 \(grey\) or 3 \(RGB\), got 4; drop the alpha channel first$/,
    ],
    [
      'no channels',
      { data, width: 12, height: 8 },
      /channels: expected 1 \(grey\) or 3 \(RGB\), got undefined$/,
    ],
    [
      'too few pixels',
      { data, width: 12, height: 9, channels: 3 },
      /data: expected 12×9×3 = 324 bytes, got 288$/,
    ],
    [
      'pixels that are no bytes',
      { ...plain(colours.red), data: Array.from(data) },
      /data: expected a Uint8Array/,
    ],
    [
      'pixels of floats',
      { ...plain(colours.red), data: Float32Array.from(data) },
      /data: expected a Uint8Array/,
    ],
    ['a width of text', { ...plain(colours.red), width: '12' }, /width: expected a whole number/],
    ['no width', { ...plain(colours.red), width: 0 }, /width: /],
  ])('refused: %s', async (_, input, expected) => {
    const said = await message(classifier.classify(unchecked(input)));
    expect(said).toMatch(expected);
    expect(said).not.toContain('\n');
  });

  test('types refuse the same', async () => {
    const rgba = { data: new Uint8Array(64), width: 4, height: 4, channels: 4 } as const;
    const refused = [
      // @ts-expect-error an array of names
      classifier.classify(['red.png']),
      // @ts-expect-error an object of nothing
      classifier.classify({}),
      // @ts-expect-error a number, no picture
      classifier.classify(7),
      // @ts-expect-error nothing at all
      classifier.classify(null),
      // @ts-expect-error a promise of bytes
      classifier.classify(readFile(at('red.png'))),
      // @ts-expect-error four channels, RGBA
      classifier.classify(rgba),
      // @ts-expect-error one picture, not several
      classifier.classifyMany('red.png'),
      // @ts-expect-error one picture, not several
      classifier.classifyMany(new Uint8Array(7)),
    ];
    for (const answer of refused) expect(await message(answer)).toMatch(/^cannot read|^the raw pixels/);
  });

  test('refused with their name: files', async () => {
    expect(await message(classifier.classify(folder.path))).toBe(
      `cannot read the picture ${folder.path}: it is a folder, not a file`,
    );
    expect(await message(classifier.classify(pathToFileURL(at('gone.png'))))).toBe(
      `cannot read the picture ${at('gone.png')}: no such file or folder`,
    );
    expect(await message(classifier.classify(new File(['x'], 'up\nload.png')))).toBe(
      'cannot read the picture up\\u000aload.png: not a picture of a known format',
    );
  });

  test('a stream that fails says why', async () => {
    const upload = new PassThrough();
    upload.write('\x89PNG');
    const said = message(classifier.classify(upload));
    upload.destroy(new Error('the client went away'));
    expect(await said).toBe('cannot read the picture: the client went away');
  });

  test.each<readonly [unknown, RegExp]>([
    [{ topK: 0 }, /^classify: expected topK to be a whole number of at least 1, got /],
    [{ topK: 1.5 }, /^classify: expected topK to be a whole number of at least 1, got /],
    [{ topK: NaN }, /^classify: expected topK to be a whole number of at least 1, got /],
    [{ topK: '3' }, /^classify: expected topK to be a whole number of at least 1, got /],
    [
      { topk: 3 },
      /^classify: unknown option topk; did you mean topK\? it has topK, maxPixels, decodeSeconds, signal, onTimes$/,
    ],
    [5, /^classify: expected options by name, \{ topK, maxPixels, decodeSeconds, … \}, got 5$/],
    [null, /^classify: expected options by name, \{ topK, maxPixels, decodeSeconds, … \}, got null$/],
  ])('options %j are refused', async (options, expected) => {
    expect(await message(classifier.classify(at('red.png'), options as ClassifyOptions))).toMatch(expected);
  });

  test('its file may be a URL', async () => {
    const { model } = colourNetwork();
    await saveWeights(model, at('weights.safetensors'));
    const url = pathToFileURL(at('weights.safetensors'));
    const backend = createReferenceBackend();
    const loaded = await loadClassifier(url, { model, preprocessing, classes, backend });
    const [best] = await loaded.classify(pathToFileURL(at('green.png')));
    expect(best.class).toBe('green');
  });

  test('how pictures are prepared is checked when it is loaded', async () => {
    const wrong = { ...preprocessing, std: [1, 1] };
    const backend = createReferenceBackend();
    expect(await message(classifierOf(colourNetwork(), { backend, preprocessing: wrong }))).toMatch(
      /^preprocessing: mean and std need one number for each channel$/,
    );
  });

  test('a program whose classes are named wrongly is freed, the caller’s backend is not', async () => {
    const { backend, open } = countingBackend();
    const named = { backend, preprocessing, classes: ['one', 'two'] };
    expect(await message(classifierOf(colourNetwork(), named))).toMatch(/has 3 classes/);
    expect(open()).toBe(0);
    const usable = await classifierOf(colourNetwork(), { backend, preprocessing });
    expect(open()).toBe(1);
    await usable.dispose();
    expect(open()).toBe(0);
  });
});

describe('several pictures', () => {
  const names = ['red', 'green', 'blue'] as const;

  test('are answered in their order, whatever each comes as', async () => {
    const images = [at('red.png'), plain(colours.green), await readFile(at('blue.png'))];
    const answers = await classifier.classifyMany(images, { topK: 2 });
    expect(answers).toEqual(
      await Promise.all(images.map((image) => classifier.classify(image, { topK: 2 }))),
    );
    expect(answers.map(([best]) => best.class)).toEqual(names);
    expect(await classifier.classifyMany([])).toEqual([]);
  });

  test('may still be to come, and are taken a few ahead only', async () => {
    let taken = 0;
    async function* coming() {
      for (let i = 0; i < 40; i++) {
        taken++;
        yield await Promise.resolve(plain(colours[names[i % 3]]));
      }
    }
    let done = 0;
    for await (const { index, top } of classifier.classifyEach(coming())) {
      expect(index).toBe(done++);
      expect(top?.[0].class).toBe(names[index % 3]);
      expect(taken - done).toBeLessThanOrEqual(8);
    }
    expect(done).toBe(40);
  });

  test('one that cannot be read does not lose the others', async () => {
    const images = [at('red.png'), at('broken.png'), unchecked(7), plain(colours.blue)];
    const found: ClassifiedPicture[] = [];
    for await (const one of classifier.classifyEach(images)) found.push(one);
    expect(found.map(({ image }) => image)).toEqual(images);
    expect(found.map(({ top, error }) => top?.[0].class ?? error?.message)).toEqual([
      'red',
      `cannot read the picture ${at('broken.png')}: not a picture of a known format`,
      expect.stringMatching(/got 7$/),
      'blue',
    ]);
    expect(await message(classifier.classifyMany(images))).toBe(
      `picture 1: cannot read the picture ${at('broken.png')}: not a picture of a known format`,
    );
  });

  test.each<readonly [unknown, RegExp]>([
    ['red.png', /expected a list of them, got 'red\.png'; classify takes one$/],
    [new Uint8Array(9), /got one; classify takes one$/],
    [createReadStream('/dev/null'), /got one; classify takes one$/],
    [new Blob([]).stream(), /got one; classify takes one$/],
    [new Blob([]), /got one; classify takes one$/],
    [{ data: new Uint8Array(3), width: 1, height: 1, channels: 3 }, /got one; classify takes one$/],
    [undefined, /got undefined/],
    [{ length: 2 }, /expected a list of them/],
  ])('one alone is told from several: %s', async (images, expected) => {
    expect(await message(classifier.classifyMany(images as PictureInput[]))).toMatch(expected);
  });

  test('a signal ends the work between pictures', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const images = Array.from({ length: 30 }, () => plain(colours.red));
    let seen = 0;
    const work = async (): Promise<void> => {
      for await (const { index } of classifier.classifyEach(images, { signal: controller.signal })) {
        seen = index;
        if (index === 3) controller.abort(reason);
      }
    };
    await expect(work()).rejects.toBe(reason);
    expect(seen).toBe(3);
  });
});

describe('many callers', () => {
  test('each gets the answer to its own picture', async () => {
    const order = Array.from({ length: 60 }, (_, i) => (['red', 'green', 'blue'] as const)[(i * 7) % 3]);
    const answers = await Promise.all(
      order.map((name, i) => classifier.classify(i % 2 === 0 ? at(`${name}.png`) : plain(colours[name]))),
    );
    expect(answers.map(([best]) => best.class)).toEqual(order);
    answers.forEach(([best], i) => {
      expect(best.probability).toBeCloseTo(Math.max(...shares(colours[order[i]])), 6);
    });
  });

  test('between two pictures the event loop comes round', async () => {
    const { rounds, stop } = countRounds();
    const at: number[] = [];
    const { backend } = watchedBackend((entry) => {
      if (entry === 'forward') at.push(rounds());
    });
    const counted = await classifierOf(colourNetwork(), { backend, preprocessing, maxBatch: 1 });
    const images = Array.from({ length: 8 }, () => plain(colours.red));
    await Promise.all(images.map((image) => counted.classify(image)));
    await counted.classifyMany(images);
    stop();
    expect(at).toHaveLength(16);
    // Once before the next is taken, once before it is computed.
    for (const gap of gaps(at)) expect(gap).toBeGreaterThanOrEqual(2);
    await counted.dispose();
  });

  test('a stream that does not come keeps nobody waiting', async () => {
    const stalled = Array.from({ length: 10 }, () => new PassThrough());
    const waiting = stalled.map((upload) => classifier.classify(upload));
    const [best] = await classifier.classify(at('blue.png'));
    expect(best.class).toBe('blue');
    const bytes = await readFile(at('red.png'));
    for (const upload of stalled) upload.end(bytes);
    for (const [first] of await Promise.all(waiting)) expect(first.class).toBe('red');
  });
});

describe('the end', () => {
  test('what is computed is finished, what waits and what comes later is refused', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const { backend, freed } = watchedBackend(async (entry) => {
      if (!entry.startsWith('forward')) return;
      begin();
      await gate;
    });
    const ending = await classifierOf(colourNetwork(), { backend, preprocessing });
    const first = ending.classify(plain(colours.green));
    await begun;
    const rest = Array.from({ length: 9 }, () => ending.classify(at('red.png')));
    const upload = new PassThrough();
    const late = ending.classify(upload);
    const refused = [...rest, late].map((answer) => expect(answer).rejects.toThrow(DisposedError));
    const disposed = ending.dispose();
    await expect(ending.classify(plain(colours.red))).rejects.toThrow(
      'the classifier of colours was disposed of; make another to use it',
    );
    expect(freed.programs).toBe(0);
    open();
    expect((await first)[0].class).toBe('green');
    await disposed;
    upload.end(await readFile(at('red.png')));
    await Promise.all(refused);
    await expect(ending.classifyMany([at('red.png')])).rejects.toThrow(DisposedError);
    await Promise.all([ending.dispose(), ending[Symbol.asyncDispose]()]);
    // The backend is the caller's.
    expect(freed).toEqual({ programs: 1, backends: 0 });
  });

  test('its own backend ends with it', async () => {
    const own = await classifierOf(colourNetwork(), { threads: 2, preprocessing });
    expect((await own.classify(plain(colours.blue)))[0].class).toBe('blue');
    await own.dispose();
    await own.dispose();
    await expect(own.classify(plain(colours.blue))).rejects.toThrow(DisposedError);
  });

  test('a stream that was left is closed', async () => {
    const upload = new PassThrough();
    upload.write('text');
    const failed = message(classifier.classify(upload.setEncoding('utf8')));
    expect(await failed).toMatch(/expected a stream of bytes, got 'text' in it$/);
    if (!upload.closed) await once(upload, 'close');
    expect(upload.destroyed).toBe(true);
  });

  test('so is one of the web', async () => {
    let left: unknown = 'open';
    const upload = new ReadableStream<unknown>({
      start: (controller) => {
        controller.enqueue('text');
      },
      cancel: () => {
        left = 'cancelled';
      },
    });
    const reader = { getReader: () => upload.getReader() };
    expect(await message(classifier.classify(reader))).toMatch(/got 'text' in it$/);
    expect(left).toBe('cancelled');
  });
});
