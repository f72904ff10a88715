import { useSignal, type ReadonlySignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** The width of an element in whole pixels, 0 before it is there. */
export function useWidth(element: RefObject<HTMLElement | null>): ReadonlySignal<number> {
  const width = useSignal(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return undefined;
    const observer = new ResizeObserver(([{ contentRect }]) => {
      width.value = Math.floor(contentRect.width);
    });
    observer.observe(current);
    width.value = Math.floor(current.getBoundingClientRect().width);
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return width;
}
