import type { Signal } from '@preact/signals';
import type { InsideLayer, LayerMaps, RegionSeen } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { Range } from '../../parts/range.tsx';
import { Canvas } from '../canvas.tsx';
import { drawn } from '../draw.ts';
import { network, pixels } from '../state.ts';
import { Answered } from '../waiting.tsx';
import { boxOf, pixelsOf, type SeenPixels, type Unit } from './field.ts';

interface SeenProps {
  readonly layer: InsideLayer;
  readonly found: LayerMaps;
  readonly unit: Signal<Unit>;
}

/** The receptive field of a unit, drawn over the picture, and the sliders that choose the unit. */
export function Seen({ layer: { field }, found: { shape, region }, unit }: SeenProps): JSX.Element {
  const [, rows = 1, columns = 1] = shape;
  const seen = pixelsOf(field, unit.value);
  const text = `The unit in row ${unit.value.row}, column ${unit.value.column} can depend on ${wordsOf(seen)}.`;
  const { value: about } = network.answer;
  const [, height, width] = about.kind === 'there' ? about.value.input : [1, 1, 1];
  const isPadded = seen.some(({ first, last }, axis) => first < 0 || last >= [height, width][axis]);
  return (
    <div class="inside-seen">
      <Answered answer={pixels.answer} what="Reading the picture">
        {(picture) => (
          <div class="inside-field">
            <Canvas image={drawn(picture, undefined)} title={`The picture. ${text}`} />
            <Outline class="region" box={region} />
            <Outline class="unit" box={boxOf(seen, [height, width], region)} />
          </div>
        )}
      </Answered>
      <div>
        <p>
          {text} {isPadded && `The network sees ${height}×${width} pixels; what is outside them is padding.`}
        </p>
        <Range
          label="Row of the unit"
          values={Array.from({ length: rows }, (_, row) => row)}
          value={unit.value.row}
          onChange={(row) => {
            unit.value = { ...unit.value, row };
          }}
        />
        <Range
          label="Column of the unit"
          values={Array.from({ length: columns }, (_, column) => column)}
          value={unit.value.column}
          onChange={(column) => {
            unit.value = { ...unit.value, column };
          }}
        />
        <p class="hint">
          Or click on a place of a map. Solid: what the unit can see, its receptive field. Dashed: what the
          network sees of the picture.
        </p>
      </div>
    </div>
  );
}

function Outline({ class: name, box }: { readonly class: string; readonly box: RegionSeen }): JSX.Element {
  const percent = (share: number): string => `${100 * share}%`;
  return (
    <i
      class={name}
      style={{
        ...{ left: percent(box.left), top: percent(box.top) },
        ...{ width: percent(box.width), height: percent(box.height) },
      }}
    />
  );
}

function wordsOf([rows, columns]: readonly [SeenPixels, SeenPixels]): string {
  const span = ({ first, last }: SeenPixels): string =>
    first === last ? String(first) : `${first} to ${last}`;
  const size = `${rows.last - rows.first + 1}×${columns.last - columns.first + 1} pixels`;
  return `${size}: rows ${span(rows)}, columns ${span(columns)}`.replaceAll(/-(?=\d)/g, '−');
}
