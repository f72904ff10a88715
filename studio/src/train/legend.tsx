import { useSignalEffect } from '@preact/signals';
import type { RefObject, JSX } from 'preact';
import type { Shown } from './charts.tsx';
import { highlighted, showHighlighted } from './highlight.ts';
import { draw, drawChosen, drawn } from './runs.ts';
import { Swatch } from './swatch.tsx';

interface LegendProps {
  readonly shown: readonly Shown[];
  /** The chosen run's. */
  readonly chosen: string | undefined;
  /** Where the runs are drawn. */
  readonly charts: RefObject<HTMLElement | null>;
}

/** Which line is whose: to bring a run to the fore, to choose it for all rooms, or to take it away. */
export function Legend({ shown, chosen, charts }: LegendProps): JSX.Element {
  useSignalEffect(() => {
    const { value } = highlighted;
    if (charts.current !== null) showHighlighted(charts.current, value);
  });
  return (
    <ul class="legend" aria-label="Runs that are drawn">
      {shown.map(({ run, look }) => {
        const { id, name } = run;
        const isChosen = name === chosen;
        const stepForward = (): void => {
          highlighted.value = look.place;
        };
        const stepBack = (): void => {
          highlighted.value = undefined;
        };
        return (
          <li key={id} onPointerEnter={stepForward} onPointerLeave={stepBack}>
            <button
              type="button"
              aria-pressed={isChosen}
              title={isChosen ? `${name}: the other rooms speak of it` : `Choose ${name} for all rooms`}
              onFocus={stepForward}
              onBlur={stepBack}
              onClick={() => {
                drawChosen(name);
              }}
            >
              <Swatch look={look} /> {name}
            </button>
            {shown.length > 1 && (
              <button
                type="button"
                class="away"
                aria-label={`Take ${name} away`}
                onClick={() => {
                  stepBack();
                  draw(drawn.value.map((each) => each.name).filter((each) => each !== name));
                }}
              >
                ×
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
