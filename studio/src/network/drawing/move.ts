import type { Box } from './layout.ts';

/** What a key does on the drawing: goes to a part, or opens or closes the one that is there. */
export type Move = { readonly go: string } | { readonly toggle: string };

/** As trees of the ARIA Authoring Practices are walked: up and down through what is seen, right into a part, left out of it. */
export function moveOf(boxes: readonly Box[], current: string, key: string): Move | undefined {
  const at = boxes.findIndex(({ part }) => part.id === current);
  const box = boxes.at(at);
  if (at === -1 || box === undefined) return undefined;
  const go = (index: number): Move | undefined => {
    const to = index < 0 ? undefined : boxes.at(index);
    return to === undefined ? undefined : { go: to.part.id };
  };
  switch (key) {
    case 'ArrowDown':
      return go(at + 1);
    case 'ArrowUp':
      return go(at - 1);
    case 'Home':
      return go(0);
    case 'End':
      return go(boxes.length - 1);
    case 'ArrowRight':
      if (!box.canOpen) return undefined;
      return box.isOpen ? go(at + 1) : { toggle: current };
    case 'ArrowLeft':
      if (box.isOpen) return { toggle: current };
      return go(boxes.slice(0, at).findLastIndex(({ level }) => level < box.level));
    case 'Enter':
    case ' ':
      return box.canOpen ? { toggle: current } : undefined;
    default:
      return undefined;
  }
}
