import { useSignal } from '@preact/signals';
import type { InsideLayer, LayerMaps } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { layer, maps, network } from '../state.ts';
import { Answered } from '../waiting.tsx';
import { Maps } from './maps.tsx';
import { Seen } from './seen.tsx';

/** What a layer gives for the picture, channel by channel, and what of the picture a unit of it sees. */
export function Layers(): JSX.Element {
  return (
    <section aria-labelledby="inside-layers">
      <h2 id="inside-layers">What a layer sees</h2>
      <Answered answer={network.answer} what="Opening the network">
        {({ layers }) => {
          const chosen = layers.find((one) => one.layer === layer.value);
          return (
            <>
              <label class="field">
                Layer
                <select
                  onChange={({ currentTarget }) => {
                    layer.value = currentTarget.value;
                  }}
                >
                  <option value="" disabled selected={chosen === undefined}>
                    choose …
                  </option>
                  {layers.map(({ layer: name, shape }) => (
                    <option key={name} value={name} selected={name === layer.value}>
                      {name} ({shape.join('×')})
                    </option>
                  ))}
                </select>
              </label>
              {chosen && (
                <Answered answer={maps.answer} what="Computing the layer">
                  {(found) => <Found key={chosen.layer} layer={chosen} found={found} />}
                </Answered>
              )}
            </>
          );
        }}
      </Answered>
    </section>
  );
}

function Found({
  layer: of,
  found,
}: {
  readonly layer: InsideLayer;
  readonly found: LayerMaps;
}): JSX.Element {
  const [, rows = 1, columns = 1] = found.shape;
  const unit = useSignal({ row: Math.floor(rows / 2), column: Math.floor(columns / 2) });
  if (rows * columns === 1) {
    return (
      <>
        <p class="hint">Each of its numbers depends on all that the network sees.</p>
        <p>{numbers(found.data)}</p>
      </>
    );
  }
  return (
    <>
      <Seen layer={of} found={found} unit={unit} />
      <Maps found={found} unit={unit} />
    </>
  );
}

function numbers(data: Float32Array): string {
  const shown = Array.from(data.subarray(0, 20), (value) => value.toPrecision(3)).join(', ');
  return data.length > 20 ? `${shown}, … (${data.length} numbers)` : shown;
}
