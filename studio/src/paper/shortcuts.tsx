import type { ShortcutsFound } from 'cardinal-nn/studio';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { hrefOf } from '../address.ts';
import { useChosenData } from '../data/choose.tsx';
import { Range } from '../parts/range.tsx';
import { JobButtons } from './job-buttons.tsx';
import { useJob } from './job.ts';
import { ShortcutsFoundView } from './shortcuts-found.tsx';

/** Blocks of each of three stages; three layers each, the stem and the classifier. */
const blockCounts = [1, 2, 3, 4, 6, 9, 12];
const stepCounts = [0, 10, 30, 100];
const networks = [
  ['resnet', 'ResNet (1×64d)'],
  ['resnext', 'ResNeXt (32×4d)'],
] as const;

/** Section 5.1: the same network with shortcuts and without, and how large the gradients of its layers are. */
export function Shortcuts(): JSX.Element {
  const blocks = useSignal(6);
  const steps = useSignal(0);
  const network = useSignal<(typeof networks)[number][0]>('resnet');
  const seed = useSignal(1);
  const data = useChosenData();
  const job = useJob<ShortcutsFound>();
  const layers = 9 * blocks.value + 2;
  const start = (): void => {
    if (data === undefined) return;
    const query = {
      ...{ data, blocks: blocks.value, network: network.value, steps: steps.value, seed: seed.value },
    };
    job.start((engine, { signal, onShare }) =>
      engine.call('shortcutGradients', [query], {
        signal,
        on: {
          progress: (done, total) => {
            onShare(done / total);
          },
        },
      }),
    );
  };
  return (
    <section aria-labelledby="shortcuts-title">
      <h2 id="shortcuts-title">With shortcuts and without (section 5.1)</h2>
      <p>
        A block adds its input to what its paths give: y = x + F(x). Leave x out, and the same layers stand in
        a plain row. Published, for 50 layers on ImageNet: without shortcuts ResNet's error rises from 23.9 to
        31.2 %, ResNeXt's from 22.2 to 26.1 %. Why? Build both here, send one batch of pictures forward and
        the error back, and look at how large the gradient is that arrives at each layer.
      </p>
      <div class="paper-sliders">
        <Range
          label="Layers"
          values={blockCounts}
          value={blocks.value}
          text={String(layers)}
          onChange={(value) => {
            blocks.value = value;
          }}
        />
        <Range
          label="Steps of training between two looks"
          values={stepCounts}
          value={steps.value}
          text={steps.value === 0 ? 'none: as it begins' : String(steps.value)}
          onChange={(value) => {
            steps.value = value;
          }}
        />
        <p class="buttons" role="group" aria-label="Blocks">
          {networks.map(([id, text]) => (
            <button
              key={id}
              type="button"
              aria-pressed={network.value === id}
              onClick={() => {
                network.value = id;
              }}
            >
              {text}
            </button>
          ))}
        </p>
      </div>
      <p class="hint">
        Pictures are those chosen in <a href={hrefOf('data')}>Data</a>, 32 at once, resized to 16×16. More
        layers and steps take longer: 11 layers a moment, 110 and 100 steps some minutes in a page.
      </p>
      <JobButtons
        job={job}
        title={job.value === undefined ? 'Compute the gradients' : 'Compute again, with new weights'}
        disabled={data === undefined}
        onStart={() => {
          if (job.value !== undefined) seed.value++;
          start();
        }}
      />
      {job.value !== undefined && <ShortcutsFoundView found={job.value} />}
    </section>
  );
}
