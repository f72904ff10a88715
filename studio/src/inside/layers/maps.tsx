import type { Signal } from '@preact/signals';
import type { LayerMaps } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { Canvas } from '../canvas.tsx';
import { featureMap } from '../draw.ts';
import type { Unit } from './field.ts';

/** Maps that are drawn. */
const mostDrawn = 64;

/** The channels of a layer, each with the unit that is looked at. A click looks at another. */
export function Maps({
  found,
  unit,
}: {
  readonly found: LayerMaps;
  readonly unit: Signal<Unit>;
}): JSX.Element {
  const [channels = 0, rows = 1, columns = 1] = found.shape;
  const shown = Math.min(channels, mostDrawn);
  const { row, column } = unit.value;
  const share = (at: number, of: number): string => `${(100 * at) / of}%`;
  return (
    <>
      <p class="hint">
        {shown < found.channels ? `The first ${shown} of ${found.channels} channels` : `${shown} channels`},
        each from its least value (black) to its largest (bright).
      </p>
      <ul class="inside-maps">
        {Array.from({ length: shown }, (_, channel) => (
          <li key={channel}>
            <div
              class="inside-map"
              onClick={({ currentTarget, clientX, clientY }) => {
                const box = currentTarget.getBoundingClientRect();
                unit.value = {
                  row: within(((clientY - box.top) / box.height) * rows, rows),
                  column: within(((clientX - box.left) / box.width) * columns, columns),
                };
              }}
            >
              <Canvas image={featureMap(found, channel)} title={`Channel ${channel}`} />
              <i
                style={{
                  ...{ left: share(column, columns), top: share(row, rows) },
                  ...{ width: share(1, columns), height: share(1, rows) },
                }}
              />
            </div>
            <span>
              <span aria-hidden="true">{channel}: </span>
              {valueAt(found, channel, unit.value)}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function within(at: number, size: number): number {
  return Math.min(size - 1, Math.max(0, Math.floor(at)));
}

function valueAt({ shape, data }: LayerMaps, channel: number, { row, column }: Unit): string {
  const [, rows = 1, columns = 1] = shape;
  return data[(channel * rows + row) * columns + column].toPrecision(3);
}
