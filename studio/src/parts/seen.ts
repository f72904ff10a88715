import { useSignal, type ReadonlySignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** Whether an element is on the screen, or nearly. */
export function useSeen(element: RefObject<HTMLElement | null>): ReadonlySignal<boolean> {
  const isSeen = useSignal(true);
  useLayoutEffect(() => {
    if (element.current === null) return undefined;
    const observer = new IntersectionObserver(
      (changes) => {
        isSeen.value = changes.some(({ isIntersecting }) => isIntersecting);
      },
      { rootMargin: '200px' },
    );
    observer.observe(element.current);
    return () => {
      observer.disconnect();
    };
  }, [element, isSeen]);
  return isSeen;
}
