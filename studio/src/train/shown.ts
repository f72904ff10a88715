import type { RunCurves } from 'cardinal-nn/studio';
import type { Shown } from './charts.tsx';
import { noLine } from './draw-chart.ts';
import { lookOf, placesOf } from './look.ts';
import { drawn } from './runs.ts';
import { watched } from './watch.ts';

const noPair = { training: noLine, validation: noLine };

/** Of a run of which nothing has been told yet. */
export const noCurves: RunCurves = {
  ...{ loss: noPair, accuracy: noPair, learningRate: noLine, speed: noLine },
  ...{ steps: 0, done: 0, best: undefined, last: undefined },
  ...{ now: undefined, end: undefined, programBytes: undefined },
};

let places: ReadonlyMap<string, number> = new Map();

/** The runs that are drawn, in the order of their places. */
export function shownNow(): readonly Shown[] {
  const there = drawn.value;
  places = placesOf(
    there.map(({ name }) => name),
    places,
  );
  return there
    .map((run): Shown => {
      const { state = run, curves = noCurves } = watched.value.get(run.id) ?? {};
      return { run: state, look: lookOf(places.get(run.name) ?? 0), curves };
    })
    .toSorted((a, b) => a.look.place - b.look.place);
}
