import { checkKind, finite, record } from '../base/options.ts';
import * as z from 'zod/mini';

/**
 * How the learning rate moves. Durations are in epochs and may be fractional. `per` is how often it moves: once an
 * epoch as in torch's examples, or at every optimiser step. A warm-up comes first, and the main schedule's clock starts
 * when it ends, as with torch's `SequentialLR`, unless it says otherwise.
 */
const common = {
  per: z._default(z.enum(['step', 'epoch']), 'step'),
  /** Linear from `from`·rate to the rate over so many epochs (torch's `LinearLR`). */
  warmUp: z.optional(
    z.strictObject({
      epochs: z.number().check(z.positive()),
      from: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0.01),
      /** Whether the schedule's clock runs meanwhile, as timm's: the warm-up hides its beginning. Else it starts when this ends. */
      within: z.optional(z.boolean()),
    }),
  ),
};
const gamma = z._default(z.number().check(z.positive()), 0.1);

export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), ...common }),
  /** rate·γ^⌊t/every⌋ (`StepLR`). */
  z.strictObject({ kind: z.literal('step'), every: z.number().check(z.positive()), gamma, ...common }),
  /** rate·γ^(milestones that t has reached) (`MultiStepLR`). */
  z.strictObject({
    kind: z.literal('multi-step'),
    milestones: z.array(z.number().check(z.positive())).check(z.minLength(1)),
    gamma,
    ...common,
  }),
  /** floor + (rate − floor)·(1 + cos πt/T)/2 with T all epochs but those before its clock starts (`CosineAnnealingLR`). */
  z.strictObject({
    kind: z.literal('cosine'),
    floor: z._default(z.number().check(z.minimum(0)), 0),
    ...common,
  }),
]);
export type Schedule = z.infer<typeof scheduleSchema>;

/** Where a run is and how long it is. */
export interface Clock {
  /** 0-based optimiser step over the whole run. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
}

/** The learning rate of one optimiser step. A pure function, so that a resumed run needs no state for it. */
export function learningRateAt(schedule: Schedule, rate: number, clock: Clock): number {
  checkKind('learningRateAt', 'the rate', rate, finite);
  checkKind('learningRateAt', 'the schedule', schedule, {
    ...record,
    expected: 'a schedule, as recipes have it',
  });
  checkKind('learningRateAt', 'the clock', clock, { ...record, expected: '{ step, stepsPerEpoch, epochs }' });
  // Counted in whole ticks (steps or epochs), because ⌊t/every⌋ is fragile in fractions.
  const ticksPerEpoch = schedule.per === 'step' ? clock.stepsPerEpoch : 1;
  const now = schedule.per === 'step' ? clock.step : Math.floor(clock.step / clock.stepsPerEpoch);
  const ticksOf = (epochs: number) => whole(epochs * ticksPerEpoch);
  const warmUpTicks = ticksOf(schedule.warmUp?.epochs ?? 0);
  if (schedule.warmUp !== undefined && now < warmUpTicks) {
    const { from } = schedule.warmUp;
    return rate * (from + ((1 - from) * now) / warmUpTicks);
  }
  const start = schedule.warmUp?.within === true ? 0 : warmUpTicks;
  const ticks = now - start;
  switch (schedule.kind) {
    case 'constant':
      return rate;
    case 'step':
      return rate * schedule.gamma ** Math.floor(whole(ticks / ticksOf(schedule.every)));
    case 'multi-step':
      return rate * schedule.gamma ** schedule.milestones.filter((at) => ticks >= ticksOf(at)).length;
    case 'cosine': {
      const length = clock.epochs * ticksPerEpoch - start;
      const floor = Math.min(schedule.floor, rate);
      return floor + ((rate - floor) * (1 + Math.cos((Math.PI * ticks) / length))) / 2;
    }
  }
}

/** What is whole but for rounding as what it is: 0.7 epochs of 10 steps are 7 steps, and not 7.000000000000001. */
function whole(ticks: number): number {
  const nearest = Math.round(ticks);
  return Math.abs(ticks - nearest) <= 1e-9 * nearest ? nearest : ticks;
}

/** The same curve over another number of epochs: milestones, periods and warm-up move in proportion. */
export function stretchSchedule(schedule: Schedule, from: number, to: number): Schedule {
  const factor = to / from;
  const warmUp =
    schedule.warmUp === undefined
      ? {}
      : { warmUp: { ...schedule.warmUp, epochs: schedule.warmUp.epochs * factor } };
  switch (schedule.kind) {
    case 'step':
      return { ...schedule, ...warmUp, every: schedule.every * factor };
    case 'multi-step':
      return { ...schedule, ...warmUp, milestones: schedule.milestones.map((at) => at * factor) };
    default:
      return { ...schedule, ...warmUp };
  }
}
