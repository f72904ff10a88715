import type { JSX } from 'preact';
import { Canvas } from './canvas.tsx';
import { featureMap } from './draw.ts';
import { layer, maps, network } from './state.ts';
import { Answered } from './waiting.tsx';

/** Maps that are drawn. */
const mostDrawn = 64;

/** What a layer gives for the picture, channel by channel. */
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
                <p class="hint">
                  Each of its numbers can depend on {chosen.sees.join('×')} pixels of what the network sees.
                </p>
              )}
            </>
          );
        }}
      </Answered>
      <Answered answer={maps.answer} what="Computing the layer">
        {(found) => {
          const [channels = 0, height = 1, width = 1] = found.shape;
          const places = height * width;
          if (places === 1) return <p>{numbers(found.data)}</p>;
          const shown = Math.min(channels, mostDrawn);
          return (
            <>
              {shown < found.channels && (
                <p class="hint">
                  The first {shown} of {found.channels} channels.
                </p>
              )}
              <ul class="inside-maps">
                {Array.from({ length: shown }, (_, channel) => (
                  <li key={channel}>
                    <Canvas image={featureMap(found, channel)} title={`Channel ${channel}`} />
                    <span aria-hidden="true">{channel}</span>
                  </li>
                ))}
              </ul>
            </>
          );
        }}
      </Answered>
    </section>
  );
}

function numbers(data: Float32Array): string {
  const shown = Array.from(data.subarray(0, 20), (value) => value.toPrecision(3)).join(', ');
  return data.length > 20 ? `${shown}, … (${data.length} numbers)` : shown;
}
