import { count, duration, short } from '../../report/format.ts';
import type { StudyPlan } from '../../study/plan.ts';
import { alignColumns } from '../output/table.ts';

/** A study's plan with the expected seconds of one run, by arm. */
export interface StudyForecast {
  readonly plan: StudyPlan;
  readonly seconds: ReadonlyMap<string, number>;
  /** The pictures, in words; undefined if the study needs none. */
  readonly data: string | undefined;
}

/** Seconds that all runs take. */
export function totalSeconds({ plan, seconds }: StudyForecast): number {
  return plan.runs.reduce((sum, { arm }) => sum + (seconds.get(arm.id) ?? 0), 0);
}

/** The plan as text. */
export function planLines(forecast: StudyForecast): string[] {
  const { plan, seconds, data } = forecast;
  const { study, scale, setting, seeds, arms, runs } = plan;
  const table = alignColumns(
    [
      ['network', 'parameters', 'MACs', ...(runs.length === 0 ? [] : ['one run'])],
      ...arms.map(({ arm, cost }) => [
        arm.label,
        count(cost.params),
        short(cost.macs),
        ...(runs.length === 0 ? [] : [duration(seconds.get(arm.id) ?? 0)]),
      ]),
    ],
    ['left', 'right', 'right', 'right'],
  );
  const what = study.task === 'train' ? 'seed' : 'repetition';
  return [
    `study ${study.name}, scale ${scale}: ${study.title}`,
    setting.description,
    ...(data === undefined ? [] : [data]),
    ...(arms.length === 0 ? [] : ['', ...table]),
    ...(runs.length === 0
      ? []
      : [
          '',
          `${runs.length} runs (${arms.length} networks, ${seeds} ${seeds === 1 ? what : `${what}s`}): about ${duration(totalSeconds(forecast))} on this machine`,
        ]),
  ];
}

/** The plan as `--json` prints it. */
export function planDocument(forecast: StudyForecast): object {
  const { plan, seconds, data } = forecast;
  const { study, scale, setting, seeds, arms, runs, workload } = plan;
  return {
    study: study.name,
    title: study.title,
    question: study.question,
    source: study.source,
    task: study.task,
    scale,
    setting: setting.description,
    data: data ?? null,
    workload: workload ?? null,
    recipe: setting.training?.recipe ?? null,
    seeds,
    arms: arms.map(({ arm, cost }) => ({
      id: arm.id,
      label: arm.label,
      network: 'build' in arm.network ? null : arm.network,
      parameters: cost.params,
      macs: cost.macs,
      published: arm.published ?? null,
      secondsPerRun: seconds.get(arm.id) ?? null,
    })),
    runs: runs.map(({ id, arm, seed }) => ({ id, arm: arm.id, seed })),
    seconds: totalSeconds(forecast),
  };
}
