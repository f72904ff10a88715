import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { Tradeoff } from 'cardinal-nn/cost';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { count, signed } from '../../parts/numbers.ts';
import { useWidth } from '../../parts/width.ts';
import { ask } from '../work/ask.ts';
import { Newest } from '../work/newest.ts';
import type { BlockShape } from '../work/service.ts';
import { curveOf } from './curve.ts';
import { weightsOf } from './figure.ts';

interface TradeoffViewProps {
  readonly block: BlockShape;
  readonly onPick: (cardinality: number, width: number) => void;
}

const cardinalities = [1, 2, 4, 8, 16, 32, 64, 128];

/** At what width a block of each cardinality costs what this one does; each is a button that takes it. */
export function TradeoffView({ block, onPick }: TradeoffViewProps): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const room = useWidth(frame);
  const isResNet = useSignal(true);
  const { inputWidth, pictureSize } = block;
  const own = weightsOf(block);
  const resnet = weightsOf({ ...block, cardinality: 1, width: inputWidth / 4 });
  const budget = isResNet.value ? resnet : own;
  const points = useTradeoff({ inputWidth, pictureSize, budget });
  const { width, height, line, places } = curveOf(points, Math.min(room.value, 560));
  return (
    <>
      <h3>Cardinality against width at equal cost</h3>
      <p class="buttons" role="group" aria-label="Cost to keep">
        <button type="button" aria-pressed={isResNet.value} onClick={() => (isResNet.value = true)}>
          ResNet's block: {count(resnet)}
        </button>
        <button type="button" aria-pressed={!isResNet.value} onClick={() => (isResNet.value = false)}>
          this block: {count(own)}
        </button>
      </p>
      <div ref={frame} class="network-curve">
        <div style={{ width: `${width}px`, height: `${height}px` }}>
          <svg {...{ width, height }} aria-hidden="true">
            <path d={line} />
            <text x={4} y={14}>
              width d
            </text>
            <text x={width - 4} y={height - 4} text-anchor="end">
              cardinality C
            </text>
          </svg>
          {places.map(({ x, y, point }) => (
            <button
              key={point.cardinality}
              type="button"
              style={{ left: `${x}px`, top: `${y}px` }}
              aria-pressed={point.cardinality === block.cardinality && point.width === block.width}
              aria-label={`Take ${point.cardinality}×${point.width}: ${count(point.parameters)} weights, ${signed(point.deviation)}`}
              title={`${count(point.parameters)} weights (${signed(point.deviation)})`}
              onClick={() => {
                onPick(point.cardinality, point.width);
              }}
            >
              {point.cardinality}×{point.width}
            </button>
          ))}
        </div>
      </div>
      <p class="hint">
        Each point costs about the same. More paths are thinner, and together they are wider: take one.
      </p>
    </>
  );
}

interface Asked {
  readonly inputWidth: number;
  readonly pictureSize: number;
  readonly budget: number;
}

function useTradeoff(asked: Asked): readonly Tradeoff[] {
  const points = useSignal<readonly Tradeoff[]>([]);
  const asking = useRef<Newest<Asked, readonly Tradeoff[]>>(undefined);
  asking.current ??= new Newest(
    ({ budget, ...shape }) => ask('tradeoff', shape, budget, cardinalities),
    (answer) => {
      points.value = 'value' in answer ? answer.value : [];
    },
  );
  const wanted = useSignal(asked);
  wanted.value = asked;
  const key = useComputed(() => JSON.stringify(wanted.value));
  useSignalEffect(() => {
    if (key.value !== '') asking.current?.ask(wanted.peek());
  });
  return points.value;
}
