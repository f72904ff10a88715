import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { balancedSubset } from '../../src/data/split.ts';
import { pictureDataset } from '../../src/data/source.ts';
import { costDeviations, planStudy, secondsOfRun } from '../../src/study/plan.ts';
import { findStudy, studies } from '../../src/study/studies/index.ts';
import { scales } from '../../src/study/study.ts';

const everySetting = studies.flatMap((study) => scales.map((scale) => [study.name, scale] as const));

describe('studies', () => {
  it('are those that the paper and the review argue with', () => {
    expect(studies.map(({ name }) => name).sort()).toEqual(
      ['depthwise', 'figure5', 'figure7', 'forms', 'residual', 'table2', 'table3', 'table4', 'table5'].sort(),
    );
  });

  it('are found by name, or the nearest is told', () => {
    expect(findStudy('table3').task).toBe('train');
    expect(() => findStudy('tabel3')).toThrow(UsageError);
    expect(() => findStudy('tabel3')).toThrow(/did you mean table3\?/);
  });
});

describe.each(everySetting)('%s at scale %s', (name, scale) => {
  const plan = planStudy(findStudy(name), { scale });

  it('compares networks whose costs agree within the stated tolerance', () => {
    for (const { arm, deviation, rule } of costDeviations(plan)) {
      expect(Math.abs(deviation), `${arm}: ${rule.unit}`).toBeLessThanOrEqual(rule.tolerance);
    }
  });

  it('gives every arm a name of its own that can be a folder, and every seed to every arm', () => {
    const ids = plan.arms.map(({ arm }) => arm.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[\w.-]+$/);
    expect(plan.runs).toHaveLength(plan.seeds * ids.length);
    expect(new Set(plan.runs.map(({ id }) => id)).size).toBe(plan.runs.length);
  });

  it('weighs claims about arms that are there, with weights that add up to nothing', () => {
    // Every arm twice, the seeds a hundredth apart: whatever the claims are, they can be weighed.
    const outcomes = plan.arms.flatMap(({ arm }, index) =>
      [0, 1].map((seed) => ({
        arm: arm.id,
        seed,
        values: {
          ...Object.fromEntries(plan.study.measures.map(({ key }) => [key, 50 + index])),
          difference: 0,
        },
        epochs: [],
        seconds: 1,
      })),
    );
    for (const { found, claim } of plan.setting.check(outcomes)) {
      expect(found, claim).not.toMatch(/no run|one seed/);
    }
    const shifted = outcomes.map((outcome) => ({
      ...outcome,
      values: Object.fromEntries(Object.entries(outcome.values).map(([key, value]) => [key, value + 7])),
    }));
    if (plan.study.task === 'train')
      expect(plan.setting.check(shifted)).toEqual(plan.setting.check(outcomes));
  });
});

describe('the three studies that the issue names', () => {
  it.each(['table3', 'figure7', 'residual'])('%s has at least three seeds at small', (name) => {
    expect(planStudy(findStudy(name), { scale: 'small' }).seeds).toBeGreaterThanOrEqual(3);
  });
});

describe('planStudy', () => {
  it('takes what is at hand, and what is asked for', () => {
    const plan = planStudy(findStudy('table3'), {
      scale: 'small',
      seeds: 2,
      length: { epochs: 4, trainPictures: 500 },
      pictures: { train: 400, test: 90, classes: 7, size: 28 },
    });
    expect(plan.runs).toHaveLength(10);
    expect(plan.workload).toEqual({
      trainPictures: 400,
      curvePictures: 90,
      testPictures: 90,
      classes: 7,
      inputShape: [3, 16, 16],
    });
    expect(plan.setting.training?.recipe.epochs).toBe(4);
    expect(plan.setting.training?.recipe.schedule).toMatchObject({ milestones: [2, 3] });
    // 4 epochs of ⌊400/64⌋ batches, four times the curve's pictures and once all test pictures.
    expect(secondsOfRun(plan, { train: 1, forward: 0.1 })).toBeCloseTo(4 * 384 + 0.1 * (4 * 90 + 90));
  });

  it("knows the paper's counts", () => {
    const plan = planStudy(findStudy('table4'), { scale: 'paper' });
    const counts = Object.fromEntries(plan.arms.map(({ arm, cost }) => [arm.id, cost.params]));
    expect(counts).toMatchObject({ base: 44_549_160, many: 83_455_272, deeper: 64_673_832 });
  });
});

describe('balancedSubset', () => {
  const labels = Int32Array.from({ length: 90 }, (_, index) => (index < 60 ? 0 : index < 80 ? 1 : 2));
  const whole = pictureDataset({
    name: 'made up',
    classes: ['a', 'b', 'c'],
    labels,
    source: { kind: 'files', paths: Array.from(labels, (_, index) => `${index}.png`) },
    id: (index) => `${index}.png`,
  });

  it('has as many of each class, in the order of the whole, the same for the same seed', () => {
    const part = balancedSubset(whole, 30, 1);
    expect([0, 1, 2].map((label) => part.labels.filter((one) => one === label).length)).toEqual([10, 10, 10]);
    const ids = Array.from({ length: 30 }, (_, index) => parseInt(part.id(index)));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(30);
    expect(balancedSubset(whole, 30, 1).labels).toEqual(part.labels);
  });

  it('takes what there is of small classes, and all if all are wanted', () => {
    const part = balancedSubset(whole, 45, 1);
    expect([0, 1, 2].map((label) => part.labels.filter((one) => one === label).length)).toEqual([18, 17, 10]);
    expect(balancedSubset(whole, 1000, 1)).toBe(whole);
  });
});
