import { useEffect, useRef } from 'preact/hooks';
import { filesOf, type Dropped } from '../data/dropped.ts';

/**
 * Takes files that are pasted, or dropped anywhere on the page: one that misses the frame would take the page's place. What a part of the
 * page has taken itself is left alone.
 */
export function usePageFiles(onFiles: (dropped: Dropped) => void): void {
  const newest = useRef(onFiles);
  newest.current = onFiles;
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes('Files') === true) event.preventDefault();
    };
    const take = (event: Event, transfer: DataTransfer | null): void => {
      if (event.defaultPrevented || transfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      void filesOf(transfer).then((dropped) => {
        newest.current(dropped);
      });
    };
    const drop = (event: DragEvent): void => {
      take(event, event.dataTransfer);
    };
    const paste = (event: ClipboardEvent): void => {
      take(event, event.clipboardData);
    };
    document.addEventListener('dragover', over);
    document.addEventListener('drop', drop);
    document.addEventListener('paste', paste);
    return () => {
      document.removeEventListener('dragover', over);
      document.removeEventListener('drop', drop);
      document.removeEventListener('paste', paste);
    };
  }, []);
}
