import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { lossFlag } from '../../src/cli/flags/loss.ts';
import type { Task } from '../../src/data/task.ts';
import { type AskedLoss, askedLoss, lossPlanOf, withLoss } from '../../src/train/loss.ts';
import { findRecipe, withOverrides, type Recipe } from '../../src/train/recipe.ts';
import { continuedRecipe } from '../../src/train/continue.ts';

const quick = findRecipe('quick');

/** Pictures of this task, of which nothing else is known. */
function of(task: Task) {
  return { classes: [], ...(task !== 'classes' && { targets: { task, values: new Float32Array() } }) };
}

describe('the loss of a recipe', () => {
  test('suits its pictures', () => {
    expect(withLoss(quick)).toBe(quick);
    expect(withLoss(quick, of('labels'))).toMatchObject({
      loss: { kind: 'bce', several: true },
      labelSmoothing: 0.1,
    });
    expect(withLoss(quick, of('numbers'))).toMatchObject({ loss: { kind: 'mse' }, labelSmoothing: 0 });
    const focal = withOverrides(quick, { loss: askedLoss('focal') });
    expect(withLoss(focal, of('classes')).loss).toEqual({ kind: 'focal', gamma: 2 });
    expect(withLoss(focal, of('labels')).loss).toEqual({ kind: 'focal', gamma: 2, several: true });
  });

  test.each([
    [
      'labels',
      { loss: 'mse' },
      /^`loss`: expected bce or focal \(in a program, or a function of one's own\) .* several labels each/,
    ],
    [
      'numbers',
      { loss: 'bce' },
      /^`loss`: expected mse \(in a program, or a function of one's own\) .* numbers, got bce$/,
    ],
    [
      'classes',
      { loss: { kind: 'focal', alpha: 0.5 } },
      /^`loss`: alpha is the focal loss's of several labels/,
    ],
    [
      'classes',
      { loss: 'bce', balance: 'loss' },
      /^`balance: 'loss'` weighs classes .* not in bce of classes/,
    ],
    [
      'labels',
      { loss: 'focal', balance: 'loss' },
      /^`balance: 'loss'` weighs classes .* not in focal of labels/,
    ],
    [
      'labels',
      { loss: { kind: 'bce', posWeight: 2 }, balance: 'loss' },
      /^`balance: 'loss'` finds the positive weights/,
    ],
    ['numbers', { balance: 'sampling' }, /^`balance` is for classes and labels/],
  ] as readonly [Task, { readonly loss?: AskedLoss; readonly balance?: Recipe['balance'] }, RegExp][])(
    'is refused where it does not suit %s: %j',
    (task, { loss, ...rest }, message) => {
      const recipe = withOverrides(quick, { ...rest, loss: askedLoss(loss) });
      expect(() => withLoss(recipe, of(task))).toThrow(message);
      expect(() => withLoss(recipe, of(task))).toThrow(UsageError);
    },
  );

  test('goes on with a run, whether it is named again or not', () => {
    const own = withLoss(quick, of('numbers'));
    expect(continuedRecipe(own, { recipe: 'quick' }, 'the run')).toBe(own);
    expect(continuedRecipe(own, { loss: { kind: 'mse' } }, 'the run')).toBe(own);
    expect(continuedRecipe(own, { recipe: 'quick', loss: { kind: 'mse' } }, 'the run')).toBe(own);
    expect(() => continuedRecipe(own, { loss: { kind: 'cross-entropy' } }, 'the run')).toThrow(
      /^the run has loss \{"kind":"mse"\}, not \{"kind":"cross-entropy"\}/,
    );
  });

  test.each(['bce', 'focal', { kind: 'focal', alpha: 0.25 }] as const)(
    'goes on with a run of labels when it is asked for as it was: %j',
    (asked) => {
      const loss = askedLoss(asked);
      const own = withLoss(withOverrides(quick, { loss }), of('labels'));
      expect(continuedRecipe(own, { recipe: 'quick', loss }, 'the run')).toBe(own);
      expect(() => continuedRecipe(own, { recipe: 'quick', loss: askedLoss('mse') }, 'the run')).toThrow(
        /^`loss`: expected bce or focal .* for pictures with several labels each, got mse$/,
      );
    },
  );

  describe('of labels that are balanced', () => {
    // Four pictures: one has the first label, two the second, none the third, all the fourth.
    const values = Float32Array.of(1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1);
    const pictures = { classes: ['a', 'b', 'c', 'd'], targets: { task: 'labels', values } } as const;
    const own = withLoss(withOverrides(quick, { balance: 'loss' }), pictures);

    test('weighs each by those that lack it over those that have it', () => {
      expect(own.balance).toBeUndefined();
      expect(own.loss).toMatchObject({ kind: 'bce', several: true, posWeight: [3, 1, 1, 1] });
    });

    test('goes on when it is asked for as it was, or not at all, and with no other', () => {
      expect(continuedRecipe(own, { recipe: 'quick', balance: 'loss' }, 'the run')).toBe(own);
      expect(continuedRecipe(own, {}, 'the run')).toBe(own);
      const loss = askedLoss({ kind: 'bce', posWeight: [1, 2, 3, 4] });
      expect(() => continuedRecipe(own, { loss }, 'the run')).toThrow(
        /^the run has loss .*\[3,1,1,1\].*, not/,
      );
    });

    test('wants a weight for each, or one', () => {
      const asked = (posWeight: number | number[]) =>
        withLoss(withOverrides(quick, { loss: askedLoss({ kind: 'bce', posWeight }) }), pictures).loss;
      expect(asked(2)).toMatchObject({ posWeight: 2 });
      expect(() => asked([1, 2])).toThrow(
        /^`loss`: expected one positive weight, or one for each of 4 labels, got 2$/,
      );
    });
  });

  test('of a program is needed, and no other', () => {
    const mean = () => undefined as never;
    const loss = askedLoss(mean);
    expect(loss).toEqual({ kind: 'own', name: 'mean' });
    expect(() => lossPlanOf({ loss }, undefined)).toThrow(
      /^the recipe's loss is 'mean', a function of the program/,
    );
    expect(() => lossPlanOf({}, mean)).toThrow(/expected a recipe with the loss \{ kind: 'own', name \}/);
    expect(lossPlanOf({ loss }, mean)).toMatchObject({ kind: 'own', name: 'mean' });
  });
});

test('--loss takes a name and options', () => {
  expect(lossFlag('bce:targetThreshold=0.2,sumClasses')).toEqual({
    ...{ kind: 'bce', targetThreshold: 0.2, sumClasses: true },
  });
  expect(lossFlag('focal')).toEqual({ kind: 'focal', gamma: 2 });
  expect(lossFlag('bce:pos-weight=3')).toMatchObject({ kind: 'bce', posWeight: 3 });
  expect(lossFlag('bce:pos-weight=1,0.5,2e1,sumClasses')).toEqual({
    ...{ kind: 'bce', sumClasses: true, posWeight: [1, 0.5, 20] },
  });
  for (const text of [
    '',
    'own',
    'bce:pos-weight=-1',
    'bce:pos-weight=1,x',
    'focal:pos-weight=2',
    'focal:gamma=-1',
    'bce:no=1',
    'hinge',
  ]) {
    expect(() => lossFlag(text), text).toThrow(
      /^--loss: expected cross-entropy, bce, mse or focal, .* got '/,
    );
  }
  expect(() => lossFlag('focal:gamma=x')).toThrow(/^--loss: gamma: expected a number, got 'x'$/);
  expect(() => lossFlag('hinge')).toThrow(/focal:gamma=2, got 'hinge'$/);
  expect(() => lossFlag('focal:gamma=-1')).toThrow(/got 'focal:gamma=-1': gamma: Too small/);
});
