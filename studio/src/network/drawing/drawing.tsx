import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useCallback, useMemo, useRef } from 'preact/hooks';
import { useWidth } from '../../parts/width.ts';
import { network, opened, selectedId, toggle } from '../state.ts';
import { titleOf } from '../words.ts';
import { BoxView } from './box.tsx';
import { Fresh } from './fresh.ts';
import { layout, type Box, type Drawing, type Label } from './layout.ts';
import { moveOf } from './move.ts';
import { placeOfBox, placeOfLabel } from './places.ts';
import { useResting } from './resting.ts';
import { useSight } from './sight.ts';

/** The architecture: a tree that arrow keys walk, Enter opens and closes. */
export function DrawingView(): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const sight = useSight(frame);
  const current = useSignal<string | undefined>(undefined);
  const drawing = useComputed(() =>
    network.value === undefined || width.value === 0
      ? nothing
      : layout(network.value, (id) => opened.value.has(id), Math.min(width.value, widest)),
  );
  const title = useComputed(() =>
    network.value === undefined ? 'The network' : `The parts of ${titleOf(network.value)}`,
  );
  const { boxes, wires, height, width: room } = drawing.value;
  const labels = wires.flatMap(({ label }) => (label === undefined ? [] : [label]));
  const freshBoxes = useMemo(() => new Fresh<Box>(({ part }) => part.id, placeOfBox), []);
  const freshLabels = useMemo(() => new Fresh<Label>(({ key }) => key, placeOfLabel), []);
  const resting = useResting(drawing.value);
  const drawnBoxes = freshBoxes.of(boxes, sight.value, resting.most);
  const drawnLabels = freshLabels.of(labels, sight.value, resting.most);
  resting.tell(drawnBoxes.stale + drawnLabels.stale);
  const focusable = drawnBoxes.items.find(({ part }) => part.id === current.value) ?? drawnBoxes.items.at(0);
  const onFocus = useCallback(
    (id: string) => {
      current.value = id;
      selectedId.value = id;
    },
    [current],
  );
  const viewOfBox = useViews((box: Box, isFocusable) => (
    <BoxView key={box.part.id} {...{ box, isFocusable, onFocus }} />
  ));
  const viewOfLabel = useViews(({ key, x, y, text }: Label) => (
    <text key={key} class="shape" x={x} y={y} aria-hidden="true">
      {text}
    </text>
  ));

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
        aria-label={title}
        onKeyDown={onKeyDown}
      >
        <path class="wires" d={wires.map(({ path }) => path).join('')} aria-hidden="true" />
        {drawnLabels.items.map((label) => viewOfLabel(label, false))}
        {drawnBoxes.items.map((box) => viewOfBox(box, box === focusable))}
      </svg>
    </div>
  );
}

/** Draws each item once, as long as it is the same: Preact passes over elements that it has drawn already. */
function useViews<T extends object>(
  draw: (item: T, isFocusable: boolean) => JSX.Element,
): (item: T, isFocusable: boolean) => JSX.Element {
  const views = useMemo(() => [new WeakMap<T, JSX.Element>(), new WeakMap<T, JSX.Element>()], []);
  return (item, isFocusable) => {
    const own = views[isFocusable ? 1 : 0];
    const view = own.get(item) ?? draw(item, isFocusable);
    own.set(item, view);
    return view;
  };
}

const nothing: Drawing = { width: 0, height: 0, boxes: [], wires: [] };
const widest = 720;
