import type { GradientLook, ShortcutsFound } from 'cardinal-nn/studio';
import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { saveCsv } from '../parts/csv.ts';
import { lineOf, PlotView } from './plot.tsx';
import { blockLayers, rowsOf, slopeOf, timesText } from './shortcut-words.ts';

const series = ['with shortcuts', 'without'] as const;

/** The gradients of both networks by depth, in a chart, in words and as a table to take along. */
export function ShortcutsFoundView({ found }: { readonly found: ShortcutsFound }): JSX.Element {
  const { residual, plain, batch, skipped } = found;
  const last = residual.looks.length - 1;
  const at = useSignal(last);
  const shown = useComputed(() => Math.min(at.value, last)).value;
  const looks = [residual.looks[shown], plain.looks[shown]];
  const [withShortcuts, without] = looks;
  return (
    <>
      {last > 0 && (
        <p class="buttons" role="group" aria-label="When">
          {residual.looks.map(({ steps }, index) => (
            <button
              key={steps}
              type="button"
              aria-pressed={index === shown}
              onClick={() => {
                at.value = index;
              }}
            >
              {steps === 0 ? 'As training begins' : `After ${steps} steps`}
            </button>
          ))}
        </p>
      )}
      <GradientChart looks={looks} />
      <Words residual={withShortcuts} plain={without} />
      {last > 0 && <Learned found={found} />}
      <p class="hint">
        One batch of {batch} pictures{skipped > 0 && ` (${skipped} could not be read and were left out)`},
        batch norm in both networks, the same seed. Each dot is a convolution: the length of its weights'
        gradient. The paper measures errors, not gradients; that this is the reason is the field's
        explanation.
      </p>
      <p class="buttons">
        <button
          type="button"
          onClick={() => {
            saveCsv('gradients-by-depth', [
              ...rowsOf([
                ...residual.looks.map((look) => [series[0], look] as const),
                ...plain.looks.map((look) => [series[1], look] as const),
              ]),
            ]);
          }}
        >
          Save the numbers as CSV
        </button>
      </p>
    </>
  );
}

function GradientChart({ looks }: { readonly looks: readonly GradientLook[] }): JSX.Element {
  const options = useMemo(() => {
    const marks = looks.flatMap((look, index) => {
      const points = blockLayers(look).filter(({ norm }) => Number.isFinite(norm) && norm > 0);
      return lineOf(index, points, 'depth', 'norm');
    });
    return {
      x: { label: 'layer, from the input on', labelAnchor: 'center', labelArrow: 'none' },
      y: { type: 'log', label: null, grid: true, ticks: 5, tickFormat: '~g' },
      marks,
    } as const;
  }, [looks[0], looks[1]]);
  const text = looks.map((look, index) => `${series[index] ?? ''}: ${slopeText(look)}`).join('; ');
  return (
    <PlotView
      title="Size of the gradient of each layer's weights (logarithmic)"
      text={text}
      series={series}
      options={options}
    />
  );
}

function slopeText(look: GradientLook): string {
  return `at the first layers ${timesText(slopeOf(look))} as at the last`;
}

function Words({
  residual,
  plain,
}: {
  readonly residual: GradientLook;
  readonly plain: GradientLook;
}): JSX.Element {
  const [withShortcuts, without] = [slopeOf(residual), slopeOf(plain)];
  const isApart = Math.abs(Math.log(without)) > Math.abs(Math.log(withShortcuts)) + Math.log(2);
  return (
    <p role="status">
      <strong>With shortcuts</strong> gradients are {timesText(withShortcuts)} at the first layers as at the
      last. <strong>Without</strong> they are {timesText(without)}. {isApart && apart}
      {!isApart && residual.steps === 0 && alike}
    </p>
  );
}

const apart =
  'All layers learn with one learning rate. Without shortcuts it is too large for one end of the network or too small for the other: that makes a plain network hard to train, and the harder the deeper it is. The addition sends the gradient back unchanged beside the layers.';
const alike =
  'Both networks send the gradient through: so few layers do not need shortcuts. Take more of them.';

function Learned({ found: { residual, plain } }: { readonly found: ShortcutsFound }): JSX.Element {
  const told = [residual, plain].map(({ looks }) => looks.map(({ loss }) => lossText(loss)).join(' → '));
  return (
    <p>
      Loss of the first batch, before and after: with shortcuts <strong>{told[0]}</strong>, without{' '}
      <strong>{told[1]}</strong>.
    </p>
  );
}

function lossText(loss: number): string {
  return Number.isFinite(loss) ? loss.toFixed(2) : 'not a number any more';
}
