import type { Backend, Program } from '../../src/backends/backend.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import { emaDecay, hyperAt, optimizerSchema } from '../../src/train/optimizer.ts';
import { planTraining, type TrainingPlanOptions } from '../../src/plan/plan-training.ts';
import { trace } from '../../src/nn/index.ts';
import { settings, type NetworkSpec } from './fixture.ts';
import { build } from './network.ts';
import type { Tensors } from './tensors.ts';

/** Runs one of the fixture's networks on one backend, from the fixture's weights. */
export class Runner {
  readonly #backend: Backend;
  readonly #network: NetworkSpec;
  readonly #fixture: Tensors;

  constructor(backend: Backend, network: NetworkSpec, fixture: Tensors) {
    this.#backend = backend;
    this.#network = network;
    this.#fixture = fixture;
  }

  /** Logits in evaluation mode, of batch 0. */
  async logits({ foldBatchNorm }: { readonly foldBatchNorm: boolean }): Promise<Float32Array> {
    const traced = trace(build(this.#network.layers), this.#network.input, { training: false });
    const plan = planInference(traced, this.#backend, { name: this.#network.name, foldBatchNorm });
    const program = await this.#backend.load(plan);
    this.#writeWeights(program);
    await program.run('prologue');
    program.write('input', this.#fixture.get('input.0'));
    await program.run('forward');
    const logits = await program.read('logits');
    await program.dispose();
    return logits;
  }

  /** A training program with the fixture's weights in it. */
  async training(options: Partial<TrainingPlanOptions> = {}): Promise<Program> {
    const traced = trace(build(this.#network.layers), this.#network.input, { training: true });
    const plan = planTraining(traced, this.#backend, {
      name: this.#network.name,
      labelSmoothing: this.#network.labelSmoothing,
      optimizer: { kind: 'sgd', momentum: true, nesterov: true },
      decays: () => true,
      clip: false,
      accumulate: false,
      ema: false,
      ...options,
    });
    const program = await this.#backend.load(plan);
    this.#writeWeights(program);
    return program;
  }

  /** Forward and backward of batch 0 or 1; gives the loss. */
  async gradient(program: Program, batch: number, seed: number, share = 1): Promise<number> {
    program.write('input', this.#fixture.get(`input.${batch}`));
    program.write('target', this.#fixture.get(`target.${batch}`));
    program.write('loss_gradient', Float32Array.of(share));
    if (hasBuffer(program, 'dropout_seed')) program.write('dropout_seed', Float32Array.of(seed));
    await program.run('gradient');
    const [loss] = await program.read('loss');
    return loss;
  }

  /** Losses of the first steps, on batches 1, 0, 1, … */
  async sgdCurve(steps: number): Promise<Float32Array> {
    const program = await this.training();
    const { lr, momentum, weight_decay } = settings.optimizers.sgd;
    const losses = await this.#curve(program, steps, () => [lr, momentum, weight_decay]);
    await program.dispose();
    return losses;
  }

  /** Parameters and running statistics after some steps of SGD. */
  async weightsAfter(steps: number): Promise<Map<string, Float32Array>> {
    const program = await this.training();
    const { lr, momentum, weight_decay } = settings.optimizers.sgd;
    await this.#curve(program, steps, () => [lr, momentum, weight_decay]);
    const weights = new Map<string, Float32Array>();
    for (const [name] of this.#fixture.under('weights.')) weights.set(name, await program.read(name));
    await program.dispose();
    return weights;
  }

  async adamwCurve(steps: number): Promise<Float32Array> {
    const program = await this.training({ optimizer: { kind: 'adamw' } });
    const { lr, betas, eps, weight_decay } = settings.optimizers.adamw;
    const adamw = { kind: 'adamw', betas: [...betas], eps, weightDecay: weight_decay } as const;
    const spec = optimizerSchema.parse({ ...adamw, learningRate: lr });
    const losses = await this.#curve(program, steps, (step) => hyperAt(spec, lr, step - 1));
    await program.dispose();
    return losses;
  }

  /** Two micro-batches a step, clipping, weight decay on matrices only, and a moving average. */
  async accumulatedCurve(): Promise<{
    losses: Float32Array;
    norms: Float32Array;
    average: Map<string, Float32Array>;
  }> {
    const { lr, momentum, nesterov, weight_decay } = settings.optimizers.accumulated;
    const program = await this.training({
      optimizer: { kind: 'sgd', momentum: true, nesterov },
      decays: (_, shape) => shape.length > 1,
      clip: true,
      accumulate: true,
      ema: true,
    });
    for (const [name, data] of this.#fixture.under('weights.')) program.write(`ema.${name}`, data);
    program.write('hyper', Float32Array.of(lr, momentum, weight_decay));
    program.write('max_norm', Float32Array.of(settings.clipNorm));
    program.write('ema_decay', emaDecay(settings.emaDecay));
    const losses = new Float32Array(settings.steps);
    const norms = new Float32Array(settings.steps);
    for (let step = 1; step <= settings.steps; step++) {
      for (const batch of [0, 1]) {
        losses[step - 1] += (await this.gradient(program, batch, step, 0.5)) / 2;
        program.write('accumulate_scale', Float32Array.of(batch === 0 ? 0 : 1));
        await program.run('accumulate');
      }
      await program.run('update');
      [norms[step - 1]] = await program.read('gradient_norm');
    }
    const average = new Map<string, Float32Array>();
    for (const [name] of this.#fixture.under('ema.')) average.set(name, await program.read(`ema.${name}`));
    await program.dispose();
    return { losses, norms, average };
  }

  async #curve(
    program: Program,
    steps: number,
    hyper: (step: number) => ArrayLike<number>,
  ): Promise<Float32Array> {
    const losses = new Float32Array(steps);
    for (let step = 1; step <= steps; step++) {
      losses[step - 1] = await this.gradient(program, step % 2, step);
      program.write('hyper', Float32Array.from(hyper(step)));
      await program.run('update');
    }
    return losses;
  }

  #writeWeights(program: Program): void {
    for (const [name, data] of this.#fixture.under('weights.')) program.write(name, data);
  }
}

function hasBuffer({ plan }: Program, wanted: string): boolean {
  return plan.buffers.some(({ name }) => name === wanted);
}
