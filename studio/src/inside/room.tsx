import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Chooser } from './chooser.tsx';
import './inside.css';
import { Layers } from './layers.tsx';
import { Paths } from './paths.tsx';
import { begin } from './state.ts';
import { Why } from './why.tsx';

export function InsideRoom(): JSX.Element {
  useEffect(begin, []);
  return (
    <div class="inside">
      <Chooser />
      <Why />
      <Paths />
      <Layers />
    </div>
  );
}
