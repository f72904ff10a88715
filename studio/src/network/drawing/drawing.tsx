import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useWidth } from '../../parts/width.ts';
import { network, opened, selectedId, toggle } from '../state.ts';
import { titleOf } from '../words.ts';
import { BoxView } from './box.tsx';
import { layout } from './layout.ts';
import { moveOf } from './move.ts';

/** The architecture: a tree that arrow keys walk, Enter opens and closes. */
export function DrawingView(): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const current = useSignal<string | undefined>(undefined);
  const drawing = useComputed(() =>
    network.value === undefined || width.value === 0
      ? undefined
      : layout(network.value, (id) => opened.value.has(id), Math.min(width.value, widest)),
  );
  const { boxes = [], wires = [], height = 0, width: room = 0 } = drawing.value ?? {};
  const focusable = boxes.find(({ part }) => part.id === current.value) ?? boxes.at(0);

  const onKeyDown = (event: KeyboardEvent) => {
    const move = focusable && moveOf(boxes, focusable.part.id, event.key);
    if (move === undefined) return;
    event.preventDefault();
    if ('toggle' in move) toggle(move.toggle);
    else frame.current?.querySelector<SVGElement>(`[data-id="${CSS.escape(move.go)}"]`)?.focus();
  };

  return (
    <div ref={frame} class="network-drawing">
      <svg
        width={room}
        height={height}
        viewBox={`0 0 ${room} ${height}`}
        role="tree"
        aria-label={network.value === undefined ? 'The network' : `The parts of ${titleOf(network.value)}`}
        onKeyDown={onKeyDown}
      >
        {wires.map(({ path, label }, index) => (
          <g key={index} class="wire" aria-hidden="true">
            <path d={path} />
            {label && (
              <text x={label.x} y={label.y}>
                {label.text}
              </text>
            )}
          </g>
        ))}
        {boxes.map((box) => (
          <BoxView
            key={box.part.id}
            box={box}
            isFocusable={box === focusable}
            onFocus={() => {
              current.value = box.part.id;
              selectedId.value = box.part.id;
            }}
          />
        ))}
      </svg>
    </div>
  );
}

const widest = 720;
