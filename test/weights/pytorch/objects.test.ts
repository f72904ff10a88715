import { describe, expect, test } from 'vitest';
import { openPyTorch } from '../../../src/weights/pytorch/open.ts';
import { unwrap } from '../../../src/weights/unwrap.ts';
import { expectedOfObjects, fixture } from './support.ts';

describe('the tensors are those of PyTorch’s state dict', () => {
  test.each(Object.entries(expectedOfObjects))('%s', async (name, tensors) => {
    const archive = await openPyTorch(fixture(name));
    expect(archive.format).toBe(
      name.endsWith('.pt') ? 'torchscript' : name.startsWith('zip') ? 'pytorch' : 'pytorch-legacy',
    );
    expect([...archive.tensors.keys()]).toEqual(Object.keys(tensors));
    for (const [key, entry] of archive.tensors) {
      const { dtype, shape, data } = await entry.read();
      expect({ dtype, shape, data: Buffer.from(data).toString('base64') }, key).toEqual(tensors[key]);
    }
  });
});

test.each([
  ['zip-module.pth', { object: '__main__.Net' }],
  ['legacy-parallel.pth', { object: 'torch.nn.parallel.data_parallel.DataParallel' }],
  ['legacy-holding.pth', { model: '__main__.Net', ema: '__main__.Ema' }],
  ['zip-graph.pth', { object: 'torch.fx.graph_module.reduce_graph_module' }],
  ['script.pt', { object: '__torch__.Net' }],
])('%s says what its objects are', async (name, objects) => {
  const archive = await openPyTorch(fixture(name));
  expect(Object.fromEntries(archive.objects)).toEqual(objects);
});

test('a module in a checkpoint is found by unwrapping it', async () => {
  const parallel = unwrap(await openPyTorch(fixture('zip-parallel.pth')));
  expect([parallel.path, [...parallel.tensors.keys()][0]]).toEqual(['module', 'conv1.weight']);
  // The average is an object that has the network as its attribute `ema`.
  const holding = unwrap(await openPyTorch(fixture('zip-holding.pth')));
  expect(holding.path).toBe('ema.ema');
  expect([...holding.tensors.keys()].slice(0, 3)).toEqual(['shift', 'scale', 'conv1.weight']);
});

describe.each([
  'zip-beside.pth',
  'legacy-beside.pth',
  'zip-beside-protocol4.pth',
  'legacy-beside-protocol4.pth',
])('what stands beside the tensors of %s', (name) => {
  test('is told by its type', async () => {
    const archive = await openPyTorch(fixture(name));
    const objects = Object.fromEntries(archive.objects);
    expect(objects).toMatchObject({
      array: 'numpy.ndarray f8 2×3',
      texts: 'numpy.ndarray O8 2',
      half: 'numpy scalar f2',
      text: 'numpy scalar U5',
      instant: 'numpy scalar M8',
      dtype: 'numpy.dtype f4',
      started: 'datetime.datetime',
      day: 'datetime.date',
      took: 'datetime.timedelta(0, 3600, 0)',
      zone: 'datetime.timezone',
      path: "pathlib.PosixPath('runs', 'a')",
      windows: "pathlib.PureWindowsPath('C:\\', 'runs')",
      complex: 'complex(1, 2)',
      decimal: "decimal.Decimal('0.1')",
      colour: expect.stringMatching(/^__main__\.Colour(\.RED|\(1\))$/) as string,
      pair: "__main__.Pair(1, 'b')",
      config: '__main__.AttrDict',
      data: '__main__.Config',
      losses: '__main__.Losses',
      slots: '__main__.Slots',
      exception: "ValueError('no')",
      criterion: 'torch.nn.modules.loss.CrossEntropyLoss',
      optimizer: 'torch.optim.sgd.SGD',
      scheduler: 'torch.optim.lr_scheduler.StepLR',
      ema: '__main__.Ema',
      // One line for all of a list.
      'many.*': 'datetime.date',
      'random_tuple.*': 'numpy.ndarray u4 624',
    });
    for (const key of ['generator', 'random_state', 'fraction', 'partial', 'range', 'slice']) {
      expect(objects, key).toHaveProperty(key);
    }
    expect(Object.fromEntries(archive.metadata)).toMatchObject({
      epoch: '3',
      small: '-3',
      'namespace.depth': '50',
      'config.lr': '0.1',
      type: '__main__.Block',
    });
  });

  test('does not come between a file and its weights', async () => {
    const { tensors, path } = unwrap({
      ...(await openPyTorch(fixture(name))),
      ...without('ema', await openPyTorch(fixture(name))),
    });
    expect(path).toBe('state_dict');
    expect([...tensors.keys()]).toEqual(['weight', 'bias']);
  });
});

function without(
  root: string,
  archive: Awaited<ReturnType<typeof openPyTorch>>,
): Pick<typeof archive, 'tensors'> {
  return { tensors: new Map([...archive.tensors].filter(([name]) => !name.startsWith(`${root}.`))) };
}

test.each(['zip-unreadable.pth', 'legacy-unreadable.pth'])('%s has its other tensors', async (name) => {
  const archive = await openPyTorch(fixture(name));
  expect([...archive.tensors.keys()]).toEqual(['weight', 'bias']);
  expect(Object.fromEntries(archive.unreadable)).toEqual({
    c64: { type: 'C64', shape: [2, 3] },
    c128: { type: 'C128', shape: [2] },
    quantised: { type: 'qint8', shape: [2] },
    per_channel: { type: 'quint8', shape: [2, 2] },
    sparse: { type: 'sparse', shape: [2, 2] },
    csr: { type: 'sparse', shape: [2, 2] },
    meta: { type: 'meta', shape: [2, 5] },
    parameter: { type: 'C64', shape: [2] },
  });
});
