import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Chooser } from './chooser.tsx';
import { FiltersSection } from './filters/section.tsx';
import { beginFilters } from './filters/state.ts';
import './inside.css';
import { Layers } from './layers/section.tsx';
import { Paths } from './paths/section.tsx';
import { beginPaths } from './paths/state.ts';
import { begin } from './state.ts';
import { Why } from './why.tsx';

export function InsideRoom(): JSX.Element {
  useEffect(() => {
    const ends = [begin(), beginPaths(), beginFilters()];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  return (
    <div class="inside">
      <Chooser />
      <Why />
      <Paths />
      <Layers />
      <FiltersSection />
    </div>
  );
}
