import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { costTree } from '../../src/cost/cost-tree.ts';
import { summary } from '../../src/cost/summary.ts';
import { createModel, modelInfo } from '../../src/models/index.ts';
import { layout, sizes, type Box } from '../../studio/src/network/drawing/layout.ts';
import { moveOf } from '../../studio/src/network/drawing/move.ts';
import { membersOf, outline, partAt, type Part } from '../../studio/src/network/outline.ts';

function drawn(name: string, options = {}): Part {
  const { inputShape } = modelInfo(name, options);
  return outline(costTree(createModel(name, options), { inputSize: [1, ...inputShape] }));
}
const everything = (part: Part): Part[] => [part, ...part.children.flatMap(everything)];
const stages = ({ children }: Part) => children.filter(({ paths }) => paths[0].startsWith('layer'));

describe('the outline of a network', () => {
  it.each([
    'resnet18',
    'resnext101_32x4d',
    'resnet152',
    'cspresnext50',
    'mobilenetv3_small_100',
    'inception_v4',
  ])("adds up to the summary's numbers: %s", (name) => {
    const network = drawn(name);
    const model = createModel(name);
    const { inputShape } = modelInfo(name);
    const { totalParams } = summary(model, { inputSize: [1, ...inputShape] });
    const total = (part: Part): number =>
      part.children.length === 0
        ? part.parameters
        : part.children.reduce((sum, child) => sum + child.paths.length * total(child), 0);
    expect(total(network)).toBe(totalParams);
    for (const part of everything(network).filter(({ children }) => children.length > 0)) {
      const macs = part.children.reduce((sum, child) => sum + child.paths.length * child.macs, 0);
      expect([part.paths[0], macs]).toEqual([part.paths[0], part.macs]);
    }
  });

  it("has the shapes and parameters of the review's listing, row by row", () => {
    const listing = readFileSync(new URL('../fixtures/review-summary.txt', import.meta.url), 'utf8');
    const rows = [...listing.matchAll(/(\w+): \d-\d+ +\[\d+, ([\d, ]+)\] +([\d,]+)$/gm)].map(
      ([, type, shape, parameters]) => `${type} ${shape} ${parameters}`,
    );
    // What has weights at the third level, or above it if it holds nothing; runs of equal blocks each by itself.
    const drawnRows = (part: Part, depth: number): string[] => {
      const { typeName, outputShape, parameters, children, paths } = part;
      const [, ...shape] = outputShape;
      const own =
        depth < 3 && children.length > 0
          ? children.flatMap((child) => drawnRows(child, depth + 1))
          : parameters > 0
            ? [`${typeName} ${shape.join(', ')} ${parameters.toLocaleString('en-US')}`]
            : [];
      return paths.flatMap(() => own);
    };
    expect(rows).toHaveLength(23);
    expect(drawnRows(drawn('resnext50_32x4d.review'), 0)).toEqual(rows);
  });

  it('draws the equal blocks of a stage as one', () => {
    const runs = stages(drawn('resnet152')).map(({ children }) => children.map(({ paths }) => paths.length));
    expect(runs).toEqual([
      [1, 2],
      [1, 7],
      [1, 35],
      [1, 2],
    ]);
    const [, run] = stages(drawn('resnet152'))[2].children;
    expect(run.abreast).toBe(false);
    expect([run.paths[0], run.paths[34]]).toEqual(['layer3.1', 'layer3.35']);
  });

  it('draws equal paths side by side as one, and gives each when it is opened', () => {
    const network = drawn('resnext50_32x4d', { form: 'a', numClasses: 10 });
    const paths = everything(network).find((part) => part.paths[0] === 'layer2.1.paths');
    const [run] = paths?.children ?? [];
    expect([run.paths.length, run.abreast]).toEqual([32, true]);
    const members = membersOf(run);
    expect(members[31].children[0].paths).toEqual(['layer2.1.paths.31.conv1']);
    expect(new Set(members.flatMap(({ inputs }) => inputs.map(({ from }) => from)))).toEqual(
      new Set([undefined]),
    );
  });

  it('finds parts by their ids, those of runs too', () => {
    const network = drawn('resnet50');
    for (const part of everything(network)) expect(partAt(network, part.id)).toBe(part);
    const [, run] = stages(network)[2].children;
    const member = membersOf(run)[3];
    expect(partAt(network, member.children[0].id)?.paths).toEqual(['layer3.4.conv1']);
    expect(partAt(network, '0.99')).toBeUndefined();
    expect(partAt(network, '0.4*99')).toBeUndefined();
  });
});

const closed = () => false;
const open = () => true;
const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const holds = (a: Box, b: Box) =>
  a.x <= b.x && a.y <= b.y && a.x + a.width >= b.x + b.width && a.y + a.height >= b.y + b.height;

describe('the layout of the drawing', () => {
  it.each([
    ['resnet152', {}, 320],
    ['resnext101_32x4d', {}, 720],
    ['resnext50_32x4d', { form: 'a' }, 320],
    ['inception_v4', {}, 320],
    ['cspresnext50', {}, 500],
    ['shufflenet_v2_x0_5', {}, 500],
  ] as const)('%s %j at %i pixels: nothing overlaps, and everything stays inside', (name, options, width) => {
    const network = drawn(name, options);
    for (const isOpen of [closed, open]) {
      const { boxes, height } = layout(network, isOpen, width);
      const whole = { ...boxes[0], x: 0, y: 0, width, height };
      // Frames come before what they hold, so a stack of those that are open tells who may lie in whom.
      const stack: Box[] = [];
      const besides = new Map<Box | undefined, Box[]>();
      for (const box of boxes) {
        while (stack.length > 0 && stack[stack.length - 1].level >= box.level) stack.pop();
        const parent = stack.at(-1);
        expect(holds(parent ?? whole, box)).toBe(true);
        const others = besides.get(parent) ?? [];
        expect(others.some((other) => overlap(other, box))).toBe(false);
        besides.set(parent, [...others, box]);
        stack.push(box);
      }
    }
  });

  it('fits 152 layers into a page or two while nothing is open', () => {
    const { boxes, height } = layout(drawn('resnet152'), closed, 700);
    expect(boxes).toHaveLength(11);
    expect(height).toBeLessThan(900);
  });

  it('says on the wires what goes along them', () => {
    const network = drawn('resnet50');
    const [, , , , layer1] = network.children;
    const { wires } = layout(network, (id) => id.startsWith(layer1.id), 700);
    const labels = wires.flatMap(({ label }) => (label === undefined ? [] : [label.text]));
    expect(labels).toContain('3×224×224 · 588 KiB');
    expect(labels).toContain('256×56×56 · 3.06 MiB');
    expect(labels.at(-1)).toBe('1000 · 3.91 KiB');
  });

  it('leads shortcuts past the layers at the side', () => {
    const network = drawn('resnet18');
    const { boxes, wires } = layout(network, open, 700);
    const addition = boxes.find(({ part }) => part.kinds.includes('addition') && part.typeName === undefined);
    const { x = 0, y = 0, width = 0, height = 0 } = addition ?? {};
    const ends = `V${y + height / 2}H${x + width}`;
    expect(wires.filter(({ path }) => path.endsWith(ends))).toHaveLength(1);
    expect(sizes.lane).toBeGreaterThan(0);
  });
});

describe('keys on the drawing', () => {
  const network = drawn('resnet50');
  const [stem, , , , layer1, layer2] = network.children;
  const first = layer1.children[0];
  const boxesWith = (...ids: readonly string[]) => layout(network, (id) => ids.includes(id), 700).boxes;

  it.each([
    ['down', stem.id, 'ArrowDown', { go: '0.1' }, []],
    ['no further up', stem.id, 'ArrowUp', undefined, []],
    ['to the end', stem.id, 'End', { go: '0.10' }, []],
    ['to the beginning', layer2.id, 'Home', { go: '0.0' }, []],
    ['Enter opens', layer1.id, 'Enter', { toggle: layer1.id }, []],
    ['space closes', layer1.id, ' ', { toggle: layer1.id }, [layer1.id]],
    ['right opens', layer1.id, 'ArrowRight', { toggle: layer1.id }, []],
    ['right goes in', layer1.id, 'ArrowRight', { go: first.id }, [layer1.id]],
    ['left goes out', first.id, 'ArrowLeft', { go: layer1.id }, [layer1.id]],
    ['left closes', layer1.id, 'ArrowLeft', { toggle: layer1.id }, [layer1.id]],
    ['a layer has nothing inside', stem.id, 'Enter', undefined, []],
    ['past what is open', layer1.id, 'ArrowDown', { go: first.id }, [layer1.id]],
    ['other keys are the browser’s', stem.id, 'Tab', undefined, []],
  ] as const)('%s', (_, at, key, move, openIds) => {
    expect(moveOf(boxesWith(...openIds), at, key)).toEqual(move);
  });
});
