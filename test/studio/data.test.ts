import { mkdtemp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { asking } from './support/line.ts';
import { ppm } from './support/bitmap.ts';
import { bundled, openPlatform, type TestPlatform } from './support/studio.ts';

let folder: string;
let opened: TestPlatform;
let engine: ReturnType<typeof asking>;

/** Blocks of two colours that a number decides, so that each picture looks like no other. */
const blocks = (seed: number, brightness = 200): Uint8Array => {
  const rng = Rng.of(seed, 'blocks');
  const isRed = Array.from({ length: 48 }, () => rng.float() < 0.5);
  return ppm(32, 24, (x, y) =>
    isRed[Math.floor(y / 4) * 8 + Math.floor(x / 4)] ? [brightness, 10, 10] : [0, 0, brightness],
  );
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-studio-data-'));
  for (const [label, first] of [
    ['thin', 0],
    ['wide', 100],
  ] as const) {
    const inside = join(folder, 'photos', label);
    await mkdir(inside, { recursive: true });
    for (let n = 0; n < 10; n++) await writeFile(join(inside, `${n}.ppm`), blocks(first + n));
  }
  await writeFile(join(folder, 'photos/thin/broken.ppm'), 'P6\n9 9\n255\nxx');
  // The same picture as wide/3, brighter.
  await writeFile(join(folder, 'photos/wide/again.ppm'), blocks(103, 240));
  await mkdir(join(folder, 'secret/a'), { recursive: true });
  await symlink(join(folder, 'secret'), join(folder, 'linked'));
  opened = await openPlatform([join(folder, 'photos'), bundled]);
  engine = asking(opened.platform);
});

afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true, force: true });
});

const idOf = async (name: string): Promise<string> => {
  const item = (await engine.call('items', [])).find((each) => each.name === name);
  if (item === undefined) throw new Error(`no ${name}`);
  return item.id;
};

test('what was named is listed, and told what it is', async () => {
  const items = await engine.call('items', []);
  expect(items.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'data photos',
    'data fashion-mnist-sample',
  ]);
});

describe('data', () => {
  test('is described by its classes and how many pictures each has', async () => {
    const data = await idOf('fashion-mnist-sample');
    const found = await engine.call('describeData', [{ data }]);
    expect(found.classes).toHaveLength(10);
    const sums = Object.entries(found.splits).map(([split, counts]) => [
      split,
      counts.reduce((a, b) => a + b, 0),
    ]);
    // 6,000 to train, a tenth of each class held out, and 1,000 to test, as its README says.
    expect(Object.fromEntries(sums)).toEqual({ train: 5400, val: 600, test: 1000 });
    expect(found).toMatchObject({ valHeldOut: true, task: 'classes' });
  });

  test('is listed by class, a part at a time', async () => {
    const data = await idOf('photos');
    const ask = (from: number) =>
      engine.call('listPictures', [{ data, split: 'train', label: 1, from, count: 4 }]);
    const [first, second] = [await ask(0), await ask(4)];
    expect(first).toHaveLength(4);
    expect([...first, ...second].every(({ label, name }) => label === 1 && name.includes('wide'))).toBe(true);
    expect(new Set([...first, ...second].map(({ index }) => index)).size).toBe(8);
  });

  test('shows its pictures as pixels, made smaller if asked', async () => {
    const data = await idOf('photos');
    const [{ index }] = await engine.call('listPictures', [
      { data, split: 'train', label: 1, from: 0, count: 1 },
    ]);
    const picture = { data, split: 'train', index } as const;
    const whole = await engine.call('picture', [{ picture }]);
    expect([whole.width, whole.height, whole.channels, whole.data.length]).toEqual([32, 24, 3, 32 * 24 * 3]);
    const small = await engine.call('picture', [{ picture, side: 16 }]);
    expect([small.width, small.height, small.data.length]).toEqual([16, 12, 16 * 12 * 3]);
  });

  test('is augmented as in training: nothing to do leaves it, a mirror turns it', async () => {
    const { data: pixels } = { data: ppm(8, 8, (x) => [x * 30, 0, 0]) };
    const upload = await engine.call('upload', [{ name: 'ramp.ppm', bytes: pixels }]);
    const ask = (flip: number) =>
      engine.call('augment', [{ picture: { upload }, augmentation: { flip }, size: 8, count: 1 }]);
    const row = async (flip: number) =>
      Array.from({ length: 8 }, (_, x) => x).map(
        await ask(flip).then(
          ([first]) =>
            (x: number) =>
              first.data[x * 3],
        ),
      );
    const plain = Array.from({ length: 8 }, (_, x) => x * 30);
    expect(await row(0)).toEqual(plain);
    expect(await row(1)).toEqual(plain.toReversed());
  });

  test('is checked: broken pictures, pictures alike, and its mean', async () => {
    const data = await idOf('photos');
    const told: number[] = [];
    const found = await engine.call('checkData', [{ data }], {
      on: { progress: (done, total) => void told.push(done / total) },
    });
    expect(found.pictures).toBe(22);
    expect(found.broken).toHaveLength(1);
    expect(found.broken[0].picture.name).toContain('broken.ppm');
    const alike = found.alike.map((group) => group.map(({ name }) => name.split(/[/\\]/).at(-1)).sort());
    expect(alike).toEqual([['3.ppm', 'again.ppm']]);
    expect(found.mean).toHaveLength(3);
    // Red is 200 or 0, green 10 or 0, in about as many pixels.
    expect(found.mean[0]).toBeGreaterThan(0.3);
    expect(found.mean[1]).toBeLessThan(0.05);
    expect(told.at(-1)).toBe(1);
  });

  test('ends when nobody waits for it any more', async () => {
    const data = await idOf('fashion-mnist-sample');
    const controller = new AbortController();
    const asked = engine.call('checkData', [{ data }], {
      signal: controller.signal,
      on: {
        progress: () => {
          controller.abort(new Error('enough'));
        },
      },
    });
    await expect(asked).rejects.toThrow('enough');
  });
});

describe("a visitor's pictures", () => {
  const uploadOf = (seed: number) => engine.call('upload', [{ name: 'IMG 1.PPM', bytes: blocks(seed) }]);

  test('become data that lies in a folder of its own', async () => {
    const classes = [
      { name: 'thin ones', uploads: [await uploadOf(4), await uploadOf(5)] },
      { name: 'wide ones', uploads: [await uploadOf(12)] },
    ];
    const data = await engine.call('makeData', [{ name: 'dropped', classes }]);
    const { classes: names, splits } = await engine.call('describeData', [{ data }]);
    expect(names).toEqual(['thin ones', 'wide ones']);
    // Of each class some may be held out.
    const counts = names.map((_, label) => (splits.train?.[label] ?? 0) + (splits.val?.[label] ?? 0));
    expect(counts).toEqual([2, 1]);
    const again = await engine.call('makeData', [{ name: 'dropped', classes }]);
    expect(again).not.toBe(data);
  });

  test('that are none are refused', async () => {
    const bytes = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>');
    await expect(engine.call('upload', [{ name: 'a.svg', bytes }])).rejects.toThrow(/^cannot read/);
  });

  test.each([
    ['one class', [{ name: 'cats', uploads: ['x'] }], /"cats" is the only class/],
    [
      'a class without pictures',
      [
        { name: 'a', uploads: ['x'] },
        { name: 'b', uploads: [] },
      ],
      /"b" has no pictures/,
    ],
    [
      'two classes of one name',
      [
        { name: 'a', uploads: ['x'] },
        { name: 'a', uploads: ['y'] },
      ],
      /two classes "a" and "a"/,
    ],
    [
      'a name that leads elsewhere',
      [
        { name: '../a', uploads: ['x'] },
        { name: 'b', uploads: ['y'] },
      ],
      /slashes/,
    ],
    [
      'pictures that are gone',
      [
        { name: 'a', uploads: ['x'] },
        { name: 'b', uploads: ['y'] },
      ],
      /not there any more/,
    ],
  ])('of %s say what to do', async (_, classes, message) => {
    await expect(engine.call('makeData', [{ name: 'made', classes }])).rejects.toThrow(message);
  });
});

describe('nothing else is opened', () => {
  test.each(['secret', 'linked', 'photos/../secret', '/etc'])('%s', async (path) => {
    for (const data of [path, `data:${path}`, `data:${join(folder, path)}`]) {
      await expect(engine.call('describeData', [{ data }])).rejects.toThrow(/^the studio has no data/);
    }
  });

  test('what is not asked as it should be is refused by name', async () => {
    await expect(engine.call('describeData', [{ data: 3 } as never])).rejects.toThrow(/^describeData: data/);
    await expect(engine.call('picture', [{ picture: { upload: 'x', more: 1 } } as never])).rejects.toThrow(
      /^picture: picture/,
    );
    await expect(engine.call('nothing' as never, [] as never)).rejects.toThrow(/has no "nothing"/);
  });
});

describe('data that cannot be made whole', () => {
  const classesOf = async () => [
    { name: 'a', uploads: [await upload(1), await upload(2)] },
    { name: 'b', uploads: [await upload(3), await upload(4)] },
  ];
  const upload = (seed: number) => engine.call('upload', [{ name: 'x.ppm', bytes: blocks(seed) }]);
  const made = () => readdir(join(opened.runsFolder, 'data')).catch((): string[] => []);

  test('leaves nothing: a picture is gone', async () => {
    const classes = await classesOf();
    // As if something tidied the system's folder of temporary files.
    const folders = (await readdir(tmpdir())).filter((name) => name.startsWith('cardinal-studio-'));
    for (const name of folders) await rm(join(tmpdir(), name, classes[1].uploads[1]), { force: true });
    const before = await made();
    await expect(engine.call('makeData', [{ name: 'torn', classes }])).rejects.toThrow(
      /^cannot write .*torn: no such file/,
    );
    expect(await made()).toEqual(before);
  });

  test('leaves nothing: it is called off', async () => {
    const classes = await classesOf();
    const before = await made();
    const asked = engine.call('makeData', [{ name: 'off', classes }], {
      signal: AbortSignal.abort(new Error('called off')),
    });
    await expect(asked).rejects.toThrow('called off');
    expect(await made()).toEqual(before);
  });

  test('of one name and at one time are two', async () => {
    const classes = await classesOf();
    const ids = await Promise.all([1, 2, 3].map(() => engine.call('makeData', [{ name: 'same', classes }])));
    expect(new Set(ids).size).toBe(3);
    expect((await made()).filter((name) => name.startsWith('same')).toSorted()).toEqual([
      'same',
      'same-2',
      'same-3',
    ]);
  });
});
