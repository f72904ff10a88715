import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { useAnswer } from '../parts/answer.ts';
import { PixelsView } from '../parts/pixels.tsx';
import { Range } from '../parts/range.tsx';

const crops = {
  none: 'none: always the middle',
  shift: 'shift: moved by a few pixels',
  resized: 'zoom: a random part, as ImageNet’s recipes do',
} as const;
type Crop = keyof typeof crops;

const count = 12;
const tenths = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];
const shares = [0, 0.25, 0.5, 0.75, 1];

/** One picture as training would see it, a dozen times, live as settings change. */
export function Augment({ data, size }: { readonly data: string; readonly size: number }): JSX.Element {
  const id = useId();
  const crop = useSignal<Crop>('shift');
  const flip = useSignal(0.5);
  const jitter = useSignal(0);
  const index = useSignal(0);
  const augmentation = {
    ...(crop.value === 'shift' && { crop: { kind: 'pad', padding: Math.ceil(size / 8) } as const }),
    ...(crop.value === 'resized' && { crop: { kind: 'random-resized' } as const }),
    flip: flip.value,
    ...(jitter.value > 0 && {
      jitter: { brightness: jitter.value, contrast: jitter.value, saturation: jitter.value },
    }),
  };
  const query = {
    picture: { data, split: 'train' as const, index: index.value },
    ...{ augmentation, size, count, seed: 1 },
  };
  const { value, error } = useAnswer(JSON.stringify(query), (engine, signal) =>
    engine.call('augment', [query], { signal }),
  );
  return (
    <section aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Augmentation</h2>
      <p class="about">
        Training shows each picture a little different every time, so that the network learns what does not
        change.
      </p>
      <div class="controls">
        <p class="row">
          <label for={`${id}-crop`}>Crop</label>
          <select
            id={`${id}-crop`}
            value={crop.value}
            onChange={({ currentTarget }) => {
              crop.value = isCrop(currentTarget.value) ? currentTarget.value : 'none';
            }}
          >
            {Object.entries(crops).map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        </p>
        <Range
          label="Mirrored, share of the pictures"
          values={shares}
          value={flip.value}
          onChange={(chosen) => {
            flip.value = chosen;
          }}
        />
        <Range
          label="Brightness, contrast and saturation change by up to"
          values={tenths}
          value={jitter.value}
          onChange={(chosen) => {
            jitter.value = chosen;
          }}
        />
        <button
          type="button"
          onClick={() => {
            index.value++;
          }}
        >
          Another picture
        </button>
      </div>
      {error !== undefined && (
        <p role="alert">
          {error}{' '}
          <button
            type="button"
            onClick={() => {
              index.value = 0;
            }}
          >
            Back to the first
          </button>
        </p>
      )}
      <ul class="pictures" aria-label="The picture as training sees it">
        {value?.map((pixels, at) => (
          <li key={at}>
            <PixelsView pixels={pixels} name={`Augmented, ${at + 1} of ${count}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function isCrop(text: string): text is Crop {
  return Object.hasOwn(crops, text);
}
