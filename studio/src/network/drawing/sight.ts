import { useSignal, type ReadonlySignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import type { Stretch } from './fresh.ts';

/** Pixels: what is drawn beyond the screen, and how far one scrolls before that is looked at again. */
const margin = 100;
const step = 100;

/**
 * The stretch of an element that is on the screen, and some more of it. It is measured where the page is laid out anyway, when it is scrolled
 * and when its height changes, so that this costs no layout of its own.
 */
export function useSight(element: RefObject<HTMLElement | null>): ReadonlySignal<Stretch> {
  const sight = useSignal<Stretch>({ top: 0, bottom: 0 });
  useLayoutEffect(() => {
    const look = () => {
      const above = element.current?.getBoundingClientRect().top ?? 0;
      const top = Math.floor((-above - margin) / step) * step;
      const bottom = Math.ceil((window.innerHeight - above + margin) / step) * step;
      const { top: before, bottom: end } = sight.peek();
      if (top !== before || bottom !== end) sight.value = { top, bottom };
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    window.addEventListener('scroll', look, { passive: true, capture: true });
    window.addEventListener('resize', look, { passive: true });
    return () => {
      observer.disconnect();
      window.removeEventListener('scroll', look, { capture: true });
      window.removeEventListener('resize', look);
    };
  }, [element, sight]);
  return sight;
}
