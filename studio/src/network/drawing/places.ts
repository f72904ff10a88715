import type { Box, Label } from './layout.ts';

/** Where a box is and how it is drawn there, but for what is written in it. */
export function placeOfBox({ x, y, width, height, canOpen, isOpen, part: { paths } }: Box): string {
  return [x, y, width, height, canOpen, isOpen, paths.length].join();
}

export function placeOfLabel({ x, y }: Label): string {
  return `${x},${y}`;
}
