import type { OpDefinition } from '../op.ts';
import { expect, expectInputs } from './check.ts';

/**
 * A constant times a tensor: the small factor before a residual that keeps wide networks stable (Szegedy et al. 2017,
 * Inception-ResNet, section 3.3). Behind a convolution or a norm the fuse pass moves it into their parameters.
 */
export const scale: OpDefinition<'scale'> = {
  infer(shapes, { factor }) {
    expectInputs('scale', shapes, 1);
    expect('scale', Number.isFinite(factor), 'a finite factor', String(factor));
    return [shapes[0]];
  },
  gradient(graph, { attrs }, [dy]) {
    return dy === undefined ? [] : [graph.apply1('scale', [dy], attrs)];
  },
};
