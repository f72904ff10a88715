import type { JSX } from 'preact';
import { fitted } from '../../parts/fitted.ts';
import { toggle } from '../state.ts';
import { costOf, sentenceOf, titleOf } from '../words.ts';
import { sizes, type Box } from './layout.ts';

interface BoxViewProps {
  readonly box: Box;
  readonly isFocusable: boolean;
  readonly onFocus: (id: string) => void;
}

/**
 * A part on the drawing: its name, what it costs, and its share of the network's MACs as a bar. Its place stands in each of its shapes: a
 * transform would be a thing of its own for a browser, and to paint hundreds of these takes several times as long.
 */
export function BoxView({ box, isFocusable, onFocus }: BoxViewProps): JSX.Element {
  const { part, x, y, width, height, level, canOpen, isOpen } = box;
  const share = Math.min(1, part.macShare * part.paths.length);
  const note = costOf(part);
  const isSmall = height <= sizes.small;
  const room = width - 20;
  const indent = canOpen ? 14 : 0;
  const top = isSmall ? 19 : note === '' ? 27 : 17;
  const title = titleOf(part);
  // Beside the title, where that leaves room.
  const isBeside = isSmall && 7 * title.length + indent + 6 * note.length < room;
  return (
    <g
      class={`part${part.macs > 0 ? '' : ' light'}${isOpen ? ' open' : ''}`}
      role="treeitem"
      data-id={part.id}
      // In lower case: attributes of SVG are told apart by it, and Firefox knows no other.
      tabindex={isFocusable ? 0 : -1}
      aria-level={level}
      aria-expanded={canOpen ? isOpen : undefined}
      aria-label={sentenceOf(part)}
      onFocus={() => {
        onFocus(part.id);
      }}
      onClick={(event) => {
        event.currentTarget.focus();
        if (canOpen) toggle(part.id);
      }}
    >
      {part.paths.length > 1 && !isOpen && (
        <rect class="behind" x={x + 4} y={y + 4} width={width} height={height} rx={8} />
      )}
      <rect class="box" x={x} y={y} width={width} height={height} rx={8} />
      {share > 0 && (
        <rect class="share" x={x + 10} y={y + sizes.card - 7} width={room * share} height={3} rx={1.5} />
      )}
      {canOpen && <path class="arrow" d={`M${x + 10} ${y + top - 8}${isOpen ? 'h9l-4.5 7z' : 'v8l7-4z'}`} />}
      <text class="title" x={x + 10 + indent} y={y + top}>
        {fitted(title, room - indent, 7)}
      </text>{' '}
      {!isSmall && note !== '' && (
        <text class="note" x={x + 10} y={y + 33}>
          {fitted(note, room, 6)}
        </text>
      )}
      {isBeside && (
        <text class="note beside" x={x + width - 10} y={y + top}>
          {note}
        </text>
      )}
    </g>
  );
}
