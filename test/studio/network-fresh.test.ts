import { describe, expect, it } from 'vitest';
import { costTree } from '../../src/cost/cost-tree.ts';
import { createModel } from '../../src/models/index.ts';
import { Fresh } from '../../studio/src/network/drawing/fresh.ts';
import { layout, type Box } from '../../studio/src/network/drawing/layout.ts';
import { placeOfBox } from '../../studio/src/network/drawing/places.ts';
import { outline } from '../../studio/src/network/outline.ts';

/** ResNet-152 as ResNeXt, opened to its last layer. */
function boxesOf(baseWidth: number): readonly Box[] {
  const model = createModel('resnext', { layers: [3, 8, 36, 3], baseWidth });
  return layout(outline(costTree(model, { inputSize: [1, 3, 224, 224] })), () => true, 700).boxes;
}
const [narrow, wide] = [boxesOf(4), boxesOf(5)];
const screen = { top: 8000, bottom: 9000 };
const fresh = () => new Fresh<Box>(({ part }) => part.id, placeOfBox);
const nowhere = { top: 0, bottom: 0 };

describe('what is drawn anew while a control is dragged', () => {
  it('is what is in sight, however deep the network is', () => {
    const drawn = fresh();
    expect(drawn.of(narrow, screen, 0)).toEqual({ items: narrow, stale: 0 });
    const { items, stale } = drawn.of(wide, screen, 0);
    expect(items).toHaveLength(wide.length);
    expect(wide.length).toBeGreaterThan(400);
    items.forEach((box, index) => {
      const isSeen = box.y < screen.bottom && box.y + box.height > screen.top;
      // The very object that was drawn before is not drawn again.
      expect(box).toBe(isSeen ? wide[index] : narrow[index]);
    });
    const changed = items.filter((box) => wide.includes(box)).length;
    expect(changed).toBeLessThan(40);
    expect(stale).toBe(wide.length - changed);
  });

  it('is the rest by and by, once the control rests', () => {
    const drawn = fresh();
    drawn.of(narrow, nowhere, 0);
    let { items, stale } = drawn.of(wide, nowhere, 0);
    expect(stale).toBe(wide.length);
    for (let turn = 0; stale > 0 && turn < 100; turn++) {
      const before = stale;
      ({ items, stale } = drawn.of(wide, nowhere, 50));
      expect(before - stale).toBe(Math.min(50, before));
    }
    expect(items).toEqual(wide);
  });

  it('is nothing where nothing changed', () => {
    const drawn = fresh();
    drawn.of(narrow, screen, 0);
    const { items, stale } = drawn.of(narrow, screen, 0);
    expect(stale).toBe(0);
    items.forEach((box, index) => {
      expect(box).toBe(narrow[index]);
    });
  });

  it('is at once what is new, gone or elsewhere', () => {
    const drawn = fresh();
    const deeper = layout(
      outline(costTree(createModel('resnext', { layers: [4, 8, 36, 3] }), { inputSize: [1, 3, 224, 224] })),
      () => true,
      700,
    ).boxes;
    drawn.of(narrow, nowhere, 0);
    const { items } = drawn.of(deeper, nowhere, 0);
    expect(items.map(placeOfBox)).toEqual(deeper.map(placeOfBox));
    expect(items.map(({ part }) => part.id)).toEqual(deeper.map(({ part }) => part.id));
  });
});
