import type { Definitions } from '../op.ts';
import { sizeOf } from '../../base/shape.ts';
import { formatShape } from '../value.ts';
import { expect, expectInputs } from './check.ts';

export interface MatmulOps {
  /** (a B×M×L, b B×L×N) → a·b, B×M×N. What is `transposed` comes as B×L×M, or as B×N×L. */
  bmm: { readonly transposed: readonly [a: boolean, b: boolean] };
}

export const matmulOps: Definitions<MatmulOps> = {
  /** Products of matrices, neither of which need be a weight. MACs: B·M·N·L. */
  bmm: {
    infer(shapes, { transposed: [ta, tb] }) {
      expectInputs('bmm', shapes, 2);
      const [a, b] = shapes;
      expect('bmm', a.length === 3, 'a batch of matrices B×M×L', formatShape(a));
      const [m, l] = ta ? [a[2], a[1]] : [a[1], a[2]];
      const fits = b.length === 3 && b[0] === a[0] && b[tb ? 2 : 1] === l;
      expect('bmm', fits, `a second batch ${a[0]}×${tb ? `N×${l}` : `${l}×N`}`, formatShape(b));
      return [[a[0], m, b[tb ? 1 : 2]]];
    },
    gradient(graph, { attrs, inputs: [a, b] }, [dy]) {
      if (dy === undefined) return [];
      const [ta, tb] = attrs.transposed;
      const product = (left: typeof a, right: typeof b, ...transposed: [boolean, boolean]) =>
        graph.apply1('bmm', [left, right], { transposed });
      return [
        ta ? product(b, dy, tb, true) : product(dy, b, false, !tb),
        tb ? product(dy, a, true, ta) : product(a, dy, !ta, false),
      ];
    },
    macs: ({ attrs, inputs: [a], outputs: [y] }) => sizeOf(y.shape) * a.shape[attrs.transposed[0] ? 1 : 2],
  },
};
