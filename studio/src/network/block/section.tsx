import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useSeen } from '../../parts/seen.ts';
import { defaults, rested, set, shown } from '../state.ts';
import type { BlockShape } from '../work/service.ts';
import { BlockView } from './block.tsx';
import type { Form } from './figure.ts';
import { stageBlock } from './stage-block.ts';
import { TradeoffView } from './tradeoff.tsx';

/** The block of a ResNeXt, for networks that have such a one. */
export function BlockSection(): JSX.Element {
  const stage = useSignal(0);
  const shownForm = useSignal<Form>('a');
  const frame = useRef<HTMLElement>(null);
  const isSeen = useSeen(frame);
  const own = isSeen.value ? shown.value : rested.value;
  const stages = own === undefined ? 0 : stageBlock.count(own);
  const block = own && stageBlock.of(own, Math.min(stage.value, stages - 1));
  if (block === undefined) return <section ref={frame} hidden />;
  return (
    <section ref={frame} class="network-apart" aria-labelledby="block-title">
      <h2 id="block-title">Its block</h2>
      <p class="hint">
        A block takes {block.inputWidth} channels, sends them through{' '}
        {block.cardinality === 1 ? 'one path' : `${block.cardinality} paths`} of {block.width} channels, adds
        up what comes out, and adds its input.
      </p>
      <p class="buttons" role="group" aria-label="Stage">
        {Array.from({ length: stages }, (_, index) => (
          <button
            key={index}
            type="button"
            aria-pressed={index === Math.min(stage.value, stages - 1)}
            onClick={() => {
              stage.value = index;
            }}
          >
            Stage {index + 1}
          </button>
        ))}
      </p>
      <BlockView
        block={block}
        form={shownForm.value}
        onForm={(form) => {
          shownForm.value = form;
        }}
      />
      {'cardinality' in defaults.value && (
        <TradeoffView
          block={block}
          onPick={(cardinality, width) => {
            set({ cardinality, baseWidth: baseWidthOf(width, block) });
          }}
        />
      )}
    </section>
  );
}

/** The width that gives a block's paths so many channels: it is named for blocks of 64 planes. */
function baseWidthOf(width: number, { inputWidth }: BlockShape): number {
  return Math.max(1, Math.ceil((64 * width) / (inputWidth / 4)));
}
