import type { MatmulOps } from '../../../src/graph/ops/matmul.ts';
import type { Rng } from '../../../src/base/rng.ts';
import { flags, normal, type Case, type CasesOf, type GradientCases } from '../case.ts';

/** B, M, L, N: with remainders of tiles, of one row and column, and of several chunks. */
function products(rng: Rng, sizes: readonly (readonly number[])[]): Case<'bmm'>[] {
  return sizes.flatMap(([batch, rows, inner, columns]) =>
    flags(2).map(([ta, tb]) => ({
      attrs: { transposed: [ta, tb] },
      inputs: [
        normal(rng, ta ? [batch, inner, rows] : [batch, rows, inner]),
        normal(rng, tb ? [batch, columns, inner] : [batch, inner, columns]),
      ],
      sizes: [Math.sqrt(inner)],
    })),
  );
}

export const matmulCases: CasesOf<MatmulOps> = {
  bmm: (rng) =>
    products(rng, [
      [3, 9, 7, 19],
      [1, 1, 5, 1],
      [2, 8, 1, 8],
      [2, 70, 65, 90],
    ]),
};

export const matmulGradientCases = {
  bmm: (rng) => products(rng, [[2, 3, 4, 2]]),
} satisfies GradientCases<MatmulOps>;
