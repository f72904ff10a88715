import { hrefOf } from '../address.ts';
import { filesOf } from './dropped.ts';

/** Rooms in which a dropped picture is tried, not learned from: only their own fields take it. */
const trying = /^#\/(use|inside)/;

/**
 * Pictures that are dropped beside a field go to the room Data. Without this the browser would leave the page and show the file.
 */
export function takeDropsAnywhere(): void {
  window.addEventListener('dragover', (event) => {
    if (!event.defaultPrevented && hasFiles(event)) event.preventDefault();
  });
  window.addEventListener('drop', (event) => {
    const { dataTransfer: transfer } = event;
    if (event.defaultPrevented || transfer === null || !hasFiles(event)) return;
    event.preventDefault();
    if (trying.test(location.hash)) return;
    const dropped = filesOf(transfer);
    location.hash = hrefOf('data');
    void import('./upload.ts').then(async ({ takeDropped }) => {
      takeDropped(await dropped);
    });
  });
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}
