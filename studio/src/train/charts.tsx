import { useComputed, type ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Chart, numberText, type Line } from './chart.tsx';
import type { Curves, Point } from './curves.ts';

/** A run on show: what it is called, its colour, and what it came to so far. */
export interface Shown {
  readonly id: string;
  readonly name: string;
  readonly colour: string;
  readonly curves: Curves;
}

const early: Readonly<Record<string, string>> = {
  'not-finite': 'no number any more',
  'stopped-early': 'stopped early',
};

/** Loss, accuracy, learning rate and speed of the runs on show. */
export function Charts({ shown }: { readonly shown: ReadonlySignal<readonly Shown[]> }): JSX.Element {
  const lines = useComputed(() => ({
    loss: linesOf(shown.value, ({ loss }) => [loss.training, loss.validation]),
    accuracy: linesOf(shown.value, ({ accuracy }) => [accuracy.training, accuracy.validation]),
    learningRate: linesOf(shown.value, ({ learningRate }) => [learningRate, []], false),
    speed: linesOf(shown.value, ({ speed }) => [speed, []], false),
  })).value;
  return (
    <>
      <p class="hint">
        Thin lines are training pictures, as each batch went; thick ones with dots are the validation
        pictures, which the network has never learned from.
      </p>
      <div class="charts">
        <Chart
          title="Loss: how wrong it is, less is better"
          text={lastOf(lines.loss, false)}
          lines={lines.loss}
        />
        <Chart
          title="Accuracy: share of pictures that are right"
          text={lastOf(lines.accuracy, true)}
          lines={lines.accuracy}
          percent
        />
        <Chart
          title="Learning rate: how far each step goes"
          text={lastOf(lines.learningRate, false)}
          lines={lines.learningRate}
        />
        <Chart title="Speed: pictures a second" text={lastOf(lines.speed, false)} lines={lines.speed} />
      </div>
    </>
  );
}

function linesOf(
  shown: readonly Shown[],
  pick: (curves: Curves) => readonly [faint: readonly Point[], bold: readonly Point[]],
  tellsEnd = true,
): Line[] {
  return shown.map(({ name, colour, curves }) => {
    const [faint, bold] = pick(curves);
    const { end } = curves;
    const text = end === undefined || !tellsEnd ? undefined : early[end.reason];
    const stopped = end === undefined || text === undefined ? undefined : { epochs: end.epochs, text };
    return { run: name, colour, faint, bold, stopped };
  });
}

function lastOf(lines: readonly Line[], percent: boolean): string {
  const texts = lines.flatMap(({ run, faint, bold }) => {
    const last = bold.at(-1) ?? faint.at(-1);
    return last === undefined ? [] : [`${run}: ${numberText(last.value, percent)}`];
  });
  return texts.length === 0 ? 'Nothing yet' : `Now ${texts.join('; ')}`;
}
