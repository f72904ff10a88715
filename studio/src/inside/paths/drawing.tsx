import { useSignal } from '@preact/signals';
import type { InsideBlock } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { FigureView } from '../../network/block/figure.tsx';
import { measures } from '../../network/block/figure.ts';
import '../../network/network.css';
import { useWidth } from '../../parts/width.ts';
import { nameOf } from '../why.tsx';
import { barsHeight, pathText, PathBars } from './bars.tsx';
import { signedNumber, strongest, type BlockShares } from './scale.ts';
import { path, shareLabel } from './state.ts';

/** Pixels that a path takes at least: a figure of more of them is wider than the page, and scrolled. */
const leastLane = 4;
const mostWide = 900;

/** A block as the room Network draws it, in form (a), with what each of its paths contributes. */
export function BlockDrawing({
  block,
  found,
}: {
  readonly block: InsideBlock;
  readonly found: BlockShares | undefined;
}): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const room = useWidth(frame);
  const looked = useSignal<number | undefined>(undefined);
  const { block: name, paths: cardinality, ...layers } = block;
  const width = Math.max(
    Math.min(room.value, mostWide),
    measures.text + measures.lane + leastLane * cardinality * Number(cardinality > 64),
  );
  const at = looked.value ?? path.value;
  return (
    <>
      <div class="inside-scroll" ref={frame}>
        {room.value > 0 && (
          <FigureView
            form="a"
            block={{ ...layers, cardinality }}
            width={width}
            band={barsHeight}
            label={`${name}: ${cardinality} paths of ${layers.width} channels, with what each contributes`}
          >
            {(figure) => (
              <PathBars
                {...{ figure, name, found }}
                onLook={(one) => {
                  looked.value = one;
                }}
              />
            )}
          </FigureView>
        )}
      </div>
      <p class="inside-path">
        <strong>{pathText(at, found)}</strong>
        {found && <> {effectText(found, at)}</>}
      </p>
      {found && <p class="hint">{strongestText(found)}</p>}
    </>
  );
}

function effectText({ paths }: BlockShares, at: number): string {
  const effect = paths.at(at)?.effect ?? 0;
  const called = nameOf(shareLabel.value ?? 0);
  if (effect === 0) return `Without it ${called} is as likely.`;
  return `It speaks ${effect > 0 ? 'for' : 'against'} ${called}: without it the logit is ${effect > 0 ? 'lower' : 'higher'} by that.`;
}

function strongestText(found: BlockShares): string {
  const { best, worst } = strongest(found);
  const one = (at: number): string => `path ${at}, ${signedNumber(found.paths[at].effect)}`;
  const parts = [
    ...(best === undefined ? [] : [`most for the class: ${one(best)}`]),
    ...(worst === undefined ? [] : [`most against it: ${one(worst)}`]),
  ];
  return parts.length === 0
    ? 'No path of this block changes the logit.'
    : `Of this block, ${parts.join('; ')}.`;
}
