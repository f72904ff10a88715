import type { Backend } from '../../src/backends/backend.ts';
import type { Conv2dAttrs } from '../../src/graph/op-table.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { Conv2d } from '../../src/nn/index.ts';
import { trace } from '../../src/nn/trace.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { stepsPlan, type NamedStep } from '../../test/support/steps-plan.ts';
import { shapesOf, type Layer, type Pass } from './layer.ts';
import { numbers } from './numbers.ts';

/** Passes of one layer, with their numbers in a backend's memory. */
export interface LoadedPasses {
  /** All of them, one after the other. */
  run(): Promise<void>;
  /** What a pass of the last run gave, in PyTorch's order. */
  read(pass: Pass): Promise<Float32Array>;
  dispose(): void;
}

const results = { forward: 'y', input: 'dx', weight: 'dw' } as const;

/**
 * Loads passes as training does them, between the same x, w and dy; or the forward pass as inference does it, where weights
 * are packed once.
 */
export async function loadPasses(
  backend: Backend,
  layer: Layer,
  passes: readonly Pass[],
  { training }: { readonly training: boolean },
): Promise<LoadedPasses> {
  const plan = training ? trainingPlan(backend, layer, passes) : inferencePlan(backend, layer);
  const names = training
    ? { x: 'x', w: 'w', dy: 'dy', ...results }
    : { x: 'input', w: 'weight', dy: '', ...results, forward: 'logits' };
  const program = await backend.load(plan);
  // The same numbers as every contender's.
  const { x, w, y } = shapesOf(layer);
  program.write(names.x, numbers(sizeOf(x), 1, 1));
  program.write(names.w, numbers(sizeOf(w), 2, 0.1));
  if (training) program.write(names.dy, numbers(sizeOf(y), 3, 1));
  else await program.run('prologue');
  return {
    run: () => program.run('forward'),
    read: (pass) => program.read(names[pass]),
    dispose: () => void program.dispose(),
  };
}

function inferencePlan(backend: Backend, layer: Layer): Plan {
  const { channels, out, kernel, stride, groups, name } = layer;
  const padding = (kernel - 1) / 2;
  const model = new Conv2d(channels, out, kernel, { stride, padding, groups, bias: false });
  return planInference(trace(model, shapesOf(layer).x, { training: false }), backend, { name });
}

function trainingPlan(backend: Backend, layer: Layer, passes: readonly Pass[]): Plan {
  const { name, size, kernel, stride, groups } = layer;
  const pad = (kernel - 1) / 2;
  const attrs: Conv2dAttrs = { stride: [stride, stride], padding: [pad, pad], dilation: [1, 1], groups };
  const steps: Readonly<Record<Pass, NamedStep>> = {
    forward: {
      op: 'conv2d',
      attrs: { ...attrs, bias: false, residual: false, activation: 'none' },
      inputs: ['x', 'w'],
      outputs: [results.forward],
    },
    input: {
      op: 'conv2d_backward_input',
      attrs: { ...attrs, inputSize: [size, size], residual: false },
      inputs: ['dy', 'w'],
      outputs: [results.input],
    },
    weight: {
      op: 'conv2d_backward_weight',
      attrs: { ...attrs, kernelSize: [kernel, kernel] },
      inputs: ['dy', 'x'],
      outputs: [results.weight],
    },
  };
  const { x, w, y } = shapesOf(layer);
  const shapes = { x, w, dy: y, y, dx: x, dw: w };
  return stepsPlan(
    backend,
    name,
    shapes,
    passes.map((pass) => steps[pass]),
  );
}
