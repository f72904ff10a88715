import { useEffect, useRef } from 'preact/hooks';

/**
 * Takes files that are pasted, or dropped anywhere on the page: one that misses the frame would take the page's place. What a part of the
 * page has taken itself is left alone.
 */
export function usePageFiles(onFiles: (files: readonly File[]) => void): void {
  const newest = useRef(onFiles);
  newest.current = onFiles;
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
    };
    const take = (event: Event, transfer: DataTransfer | null): void => {
      const files = [...(transfer?.files ?? [])];
      if (event.defaultPrevented || files.length === 0) return;
      event.preventDefault();
      newest.current(files);
    };
    const drop = (event: DragEvent): void => {
      take(event, event.dataTransfer);
      event.preventDefault();
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
