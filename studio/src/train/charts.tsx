import { useComputed, type ReadonlySignal } from '@preact/signals';
import type { Line, RunCurves, RunState } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { Advice } from './advice-note.tsx';
import { Chart, numberText } from './chart.tsx';
import { noLine, type Series } from './draw-chart.ts';
import type { Look } from './look.ts';

/** A run on show: how it stands, how it is drawn, and what it came to so far. */
export interface Shown {
  readonly run: RunState;
  readonly look: Look;
  readonly curves: RunCurves;
}

const early: Readonly<Record<string, string>> = {
  'not-finite': 'no number any more',
  'stopped-early': 'stopped early',
};

/** Loss, accuracy, learning rate and speed of the runs on show. */
export function Charts({ shown }: { readonly shown: ReadonlySignal<readonly Shown[]> }): JSX.Element {
  const { loss, accuracy, learningRate, speed } = useComputed(() => ({
    loss: seriesOf(shown.value, ({ loss: { training, validation } }) => [training, validation]),
    accuracy: seriesOf(shown.value, ({ accuracy: { training, validation } }) => [training, validation]),
    learningRate: seriesOf(shown.value, (curves) => [curves.learningRate, noLine], false),
    speed: seriesOf(shown.value, (curves) => [curves.speed, noLine], false),
  })).value;
  return (
    <>
      <p class="hint">
        Thin lines are training pictures, as each batch went; thick ones with marks are the validation
        pictures, which the network has never learned from.
      </p>
      <div class="charts">
        <div>
          <Chart
            title="Loss: how wrong it is, less is better"
            file="loss"
            text={lastOf(loss, false)}
            series={loss}
            kind="loss"
          />
          {shown.value.map(({ run, look, curves }) => (
            <Advice key={run.id} run={run} look={look} curves={curves} />
          ))}
        </div>
        <Chart
          title="Accuracy: share of pictures that are right"
          file="accuracy"
          text={lastOf(accuracy, true)}
          series={accuracy}
          kind="share"
        />
        <Chart
          title="Learning rate: how far each step goes"
          file="learning-rate"
          text={lastOf(learningRate, false)}
          series={learningRate}
        />
        <Chart title="Speed: pictures a second" file="speed" text={lastOf(speed, false)} series={speed} />
      </div>
    </>
  );
}

function seriesOf(
  shown: readonly Shown[],
  pick: (curves: RunCurves) => readonly [faint: Line, bold: Line],
  tellsEnd = true,
): Series[] {
  return shown.map(({ run, look, curves }) => {
    const [faint, bold] = pick(curves);
    const { end } = curves;
    const text = end === undefined || !tellsEnd ? undefined : early[end.reason];
    const stopped =
      end === undefined || text === undefined
        ? undefined
        : { epochs: end.epochs, text, isBad: end.reason === 'not-finite' };
    return { run: run.name, look, faint, bold, stopped };
  });
}

function lastOf(series: readonly Series[], percent: boolean): string {
  const texts = series.flatMap(({ run, faint, bold, stopped }) => {
    const last = bold.values.at(-1) ?? faint.values.at(-1);
    const ending = stopped === undefined ? '' : `, ${stopped.text}`;
    return last === undefined ? [] : [`${run}: ${numberText(last, percent)}${ending}`];
  });
  return texts.length === 0 ? 'Nothing yet' : `Now ${texts.join('; ')}`;
}
