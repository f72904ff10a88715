import type { ActivationByResult } from '../fusable.ts';
import type { Definitions, NoAttrs } from '../op.ts';
import type { Shape, Value } from '../value.ts';
import type { ArithmeticOps } from './arithmetic.ts';
import { broadcast } from './broadcasting.ts';
import { expect, expectInputs, expectShape, sameShape } from './check.ts';
import { summedTo, type ReduceOps } from './reduce.ts';

/** Arithmetic on two tensors of the same rank that broadcast: a size of 1 stands for any. */
export interface BroadcastOps {
  /** (a, b, [residual like y]?) → activation(a·b + residual). */
  mul: { readonly activation: ActivationByResult; readonly residual: boolean };
  /**
   * (dy, a like dy, b, [y]: iff there is an activation) → (da, db like b, [dresidual]: iff there is an activation and a residual).
   * dz = activation′(y)·dy, da = dz·b, and db is the sum of dz·a over all that b was spread over.
   */
  mul_backward: { readonly activation: ActivationByResult; readonly residual: boolean };
  /** (a, b) → a/b. */
  div: NoAttrs;
  /** (a, b) → a − b. */
  sub: NoAttrs;
  /** (a, b) → a + b. Of two tensors of the same shape `add` is the sum. */
  add_broadcast: NoAttrs;
  /** (x) → x + value. */
  add_scalar: { readonly value: number };
}

type Beside = ArithmeticOps & ReduceOps;

export const broadcastOps: Definitions<BroadcastOps, Beside> = {
  /**
   * A product, as of an activation and a gate of its channels (Hu et al. 2018, squeeze and excitation) or a scale of each channel
   * (Touvron et al. 2021, layer scale), with the addition and the activation that follow in a residual block.
   */
  mul: {
    infer(shapes, { residual }) {
      expectInputs('mul', shapes, 2 + Number(residual));
      const y = broadcast('mul', shapes[0], shapes[1]);
      if (residual) expectShape('mul', 'a residual', shapes[2], y);
      return [y];
    },
    gradient(graph, { attrs: { activation, residual }, inputs, outputs }, [dy]) {
      if (dy === undefined) return [];
      const [a, b] = inputs;
      const [y] = outputs;
      const both = (full: Value, other: Value) => {
        const beside = activation === 'none' ? [] : [y];
        const parts = graph.apply('mul_backward', [dy, full, other, ...beside], {
          activation,
          residual,
        });
        return {
          full: parts[0],
          other: parts[1],
          rest: residual ? [activation === 'none' ? dy : parts[2]] : [],
        };
      };
      if (sameShape(a.shape, y.shape)) {
        const { full, other, rest } = both(a, b);
        return [full, other, ...rest];
      }
      // Neither need be whole, as in an outer product; no network's hot path has one.
      const whole = sameShape(b.shape, y.shape)
        ? b
        : graph.apply1('expand', [b], { size: y.shape, factor: 1 });
      const { full, other, rest } = both(whole, a);
      return [other, summedTo(graph, full, b.shape), ...rest];
    },
  },

  mul_backward: {
    infer(shapes, { activation, residual }) {
      const activates = activation !== 'none';
      expectInputs('mul_backward', shapes, 3 + Number(activates));
      const [dy, a, b] = shapes;
      expectShape('mul_backward', 'a', a, dy);
      expectShape('mul_backward', 'a and b together', broadcast('mul_backward', a, b), dy);
      return [a, b, ...(activates && residual ? [dy] : [])];
    },
  },

  div: {
    infer: (shapes) => [both('div', shapes)],
    gradient(graph, { inputs: [a, b], outputs: [y] }, [dy]) {
      if (dy === undefined) return [];
      const da = graph.apply1('div', [dy, b], {});
      const product = graph.apply1('mul', [da, y], { activation: 'none', residual: false });
      const db = graph.apply1('scale', [summedTo(graph, product, b.shape)], { factor: -1 });
      return [summedTo(graph, da, a.shape), db];
    },
  },

  sub: {
    infer: (shapes) => [both('sub', shapes)],
    gradient(graph, { inputs: [a, b] }, [dy]) {
      if (dy === undefined) return [];
      const db = graph.apply1('scale', [summedTo(graph, dy, b.shape)], { factor: -1 });
      return [summedTo(graph, dy, a.shape), db];
    },
  },

  add_broadcast: {
    infer: (shapes) => [both('add_broadcast', shapes)],
    gradient(graph, { inputs: [a, b] }, [dy]) {
      return dy === undefined ? [] : [summedTo(graph, dy, a.shape), summedTo(graph, dy, b.shape)];
    },
  },

  add_scalar: {
    infer(shapes, { value }) {
      expectInputs('add_scalar', shapes, 1);
      expect('add_scalar', Number.isFinite(value), 'a finite number', String(value));
      return [shapes[0]];
    },
    gradient: (_, __, gradients) => gradients,
  },
};

function both(op: string, shapes: readonly Shape[]): Shape {
  expectInputs(op, shapes, 2);
  return broadcast(op, shapes[0], shapes[1]);
}
