import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createModel, resnext50_32x4d } from '../../src/models/index.ts';
import type { Module } from '../../src/nn/index.ts';

/** "layer1.0.conv1.weight 128x64x1x1" for every tensor, without drawing any. */
function listing(model: Module): string[] {
  const shapes = new Map<string, readonly number[]>();
  for (const [path, module] of model.namedModules()) {
    const prefix = path === '' ? '' : `${path}.`;
    for (const [name, { shape }] of module.ownParameters()) shapes.set(prefix + name, shape);
    for (const [name, { value }] of module.ownBuffers()) shapes.set(prefix + name, value.shape);
  }
  return [...shapes].map(([name, shape]) => `${name} ${shape.join('x')}`);
}

describe('tensor names, shapes and their order', () => {
  it("are torchvision's for resnext50_32x4d", () => {
    const file = new URL('../fixtures/torchvision-resnext50_32x4d.txt', import.meta.url);
    expect(listing(resnext50_32x4d())).toEqual(readFileSync(file, 'utf8').trimEnd().split('\n'));
  });

  // SHA-256 of such listings: torchvision 0.14's, the review's program in PyTorch, and the CIFAR ResNet of
  // pytorch_resnet_cifar10 written out in PyTorch.
  it.each([
    ['resnet18', 122, 'f77af260c2dbd0eccca06d4d95e026ff44f80b75b346f2d34d66779b98a412f3'],
    ['resnet50', 320, 'a9e37deb781a9d89ad940f44b26b352088f9b802a6f1a949cd26813f28975b75'],
    ['resnext101_32x8d', 626, 'c1abb746ecaed9020754207154952cad4d5011a8983cafae78c9f395e19f7951'],
    ['resnext101_64x4d', 626, '59d1d3453052b4be9ba27163c102ed6e2f41fc98f0e83172af905dfac0147567'],
    ['resnext50_32x4d.review', 325, '5a742e75aea50b8da927a3d1aa3165c8dfe1639ed04f4f0fe5eeed29b980f926'],
    ['resnet20_cifar', 116, 'a3bc70e9c4cf054f38f60576efcac63802a96789f9c59d11cf48f34c6e5eec80'],
  ])('are those of PyTorch for %s', (name, tensors, sha256) => {
    const lines = listing(createModel(name));
    expect(lines).toHaveLength(tensors);
    expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(sha256);
  });
});
