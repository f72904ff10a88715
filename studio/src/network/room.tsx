import { useEffect } from 'preact/hooks';
import type { JSX } from 'preact';
import { BlockSection } from './block/section.tsx';
import { Controls } from './controls/controls.tsx';
import { Costs } from './costs.tsx';
import { Details } from './drawing/details.tsx';
import { DrawingView } from './drawing/drawing.tsx';
import './network.css';
import { ProgramSection } from './program/section.tsx';
import { Published } from './published-table.tsx';
import { begin } from './state.ts';

export function NetworkRoom(): JSX.Element {
  useEffect(begin, []);
  return (
    <div class="network">
      <Controls />
      <Costs />
      <div class="network-show">
        <Published />
        <h2>Architecture</h2>
        <p class="hint">
          Open a part to see what it holds: click it, or walk with the arrow keys and press Enter.
        </p>
        <div class="network-architecture">
          <DrawingView />
          <Details />
        </div>
        <BlockSection />
        <ProgramSection />
      </div>
    </div>
  );
}
