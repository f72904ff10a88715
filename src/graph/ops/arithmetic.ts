import type { Definitions } from '../op.ts';
import { throughActivation } from './activation.ts';
import { expect, expectInputs, expectShape } from './check.ts';
import type { ActivationOps } from './activation.ts';
import type { Activation } from '../activation.ts';

export interface ArithmeticOps {
  /** (a, b) → activation(a + b). Same shapes. */
  add: { readonly activation: Activation };
  /** (x) → factor·x, any shape. */
  scale: { readonly factor: number };
}

export const arithmeticOps: Definitions<ArithmeticOps, ActivationOps> = {
  /** The sum of a residual and its shortcut: y = F(x) + x (He et al. 2015, eq. 1). */
  add: {
    infer(shapes) {
      expectInputs('add', shapes, 2);
      expectShape('add', 'a second term', shapes[1], shapes[0]);
      return [shapes[0]];
    },
    gradient(graph, { attrs, outputs }, [dy]) {
      if (dy === undefined) return [];
      const dz = throughActivation(graph, attrs.activation, dy, outputs[0]);
      return [dz, dz];
    },
  },

  /**
   * A constant times a tensor: the small factor before a residual that keeps wide networks stable (Szegedy et al. 2017,
   * Inception-ResNet, section 3.3). Behind a convolution or a norm the fuse pass moves it into their parameters.
   */
  scale: {
    infer(shapes, { factor }) {
      expectInputs('scale', shapes, 1);
      expect('scale', Number.isFinite(factor), 'a finite factor', String(factor));
      return [shapes[0]];
    },
    gradient(graph, { attrs }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('scale', [dy], attrs)];
    },
  },
};
