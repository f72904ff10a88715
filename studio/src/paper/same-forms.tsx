import type { FormsFound } from 'cardinal-nn/studio';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useAnswer } from '../parts/answer.ts';
import { count } from '../parts/numbers.ts';
import { cardinality, width } from './state.ts';

/** The block computed in its three forms, again whenever it changes: the outputs, and how far they are apart. */
export function SameForms(): JSX.Element {
  const seed = useSignal(1);
  const isChanged = useSignal(false);
  const query = {
    ...{ cardinality: cardinality.value, width: width.value },
    ...{ seed: seed.value, isChanged: isChanged.value },
  };
  const { value, error, busy } = useAnswer(JSON.stringify(query), (engine, signal) =>
    engine.call('equalForms', [query], { signal }),
  );
  return (
    <section aria-labelledby="forms-title">
      <h2 id="forms-title">Three forms, one function (Figure 3)</h2>
      <p>
        (a) adds up paths, (b) puts them side by side before one 1×1 convolution, (c) is a grouped
        convolution. They look different and compute the same. Do not believe it: here all three get the same
        random weights and the same input, and what comes out is compared, number by number.
      </p>
      <p class="buttons">
        <button
          type="button"
          onClick={() => {
            seed.value++;
          }}
        >
          New weights
        </button>
        <label class="switch">
          <input
            type="checkbox"
            checked={isChanged.value}
            onChange={(event) => {
              isChanged.value = event.currentTarget.checked;
            }}
          />
          Change one parameter of (a) alone
        </label>
      </p>
      {error !== undefined && <p role="alert">{error}</p>}
      {error === undefined && value === undefined && <p aria-busy="true">Computing …</p>}
      {error === undefined && value !== undefined && <Found found={value} isBusy={busy} />}
    </section>
  );
}

function Found({ found, isBusy }: { readonly found: FormsFound; readonly isBusy: boolean }): JSX.Element {
  const { forms, largest, shape, compared } = found;
  const [a, b] = forms.map(({ difference }) => difference);
  const worst = Math.max(a, b);
  const isSame = worst < 1e-4 * largest;
  return (
    <>
      <p role="status" class={isBusy ? 'paper-waiting' : undefined}>
        {isSame ? (
          <>
            <strong>The same.</strong> Of {count(compared)} numbers, the largest {largest.toFixed(2)}, none
            differs by more than <strong>{worst.toExponential(1)}</strong>: what 32-bit numbers lose when they
            are added in another order.
          </>
        ) : (
          <>
            <strong>Not the same.</strong> One parameter of (a) is another now, and its output is off by up to{' '}
            <strong>{worst.toPrecision(2)}</strong>; (b) and (c) still agree
            {b === 0 ? ' to the bit' : ` to ${offText(b)}`}.
          </>
        )}
      </p>
      <div class="paper-forms">
        {forms.map(({ form, difference, maps }) => (
          <figure key={form}>
            <Maps
              maps={maps}
              shape={shape}
              name={`The first ${shape[0]} channels that form (${form}) gives`}
            />
            <figcaption>
              ({form}) {form === 'c' ? 'what the others are held against' : `off by ${offText(difference)}`}
            </figcaption>
          </figure>
        ))}
      </div>
    </>
  );
}

function offText(difference: number): string {
  return difference === 0 ? 'nothing' : difference.toExponential(1);
}

/** Maps side by side, from black to white by the largest of them. */
function Maps({
  maps,
  shape: [channels, height, width],
  name,
}: {
  readonly maps: Float32Array;
  readonly shape: FormsFound['shape'];
  readonly name: string;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const columns = Math.ceil(channels / 2);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context === undefined || context === null) return;
    const most = maps.reduce((size, value) => Math.max(size, value), 1e-9);
    for (let channel = 0; channel < channels; channel++) {
      const image = context.createImageData(width, height);
      for (let at = 0; at < width * height; at++) {
        const grey = (255 * Math.max(0, maps[channel * width * height + at] ?? 0)) / most;
        image.data.set([grey, grey, grey, 255], 4 * at);
      }
      const row = Math.floor(channel / columns);
      context.putImageData(image, (channel % columns) * (width + 1), row * (height + 1));
    }
  }, [maps, channels, height, width, columns]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={name}
      width={columns * (width + 1) - 1}
      height={2 * (height + 1) - 1}
    />
  );
}
