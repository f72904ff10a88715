import type { JSX } from 'preact';
import '../network/network.css';
import { Continuum } from './continuum.tsx';
import { EqualCost } from './equal.tsx';
import './paper.css';
import { SameForms } from './same-forms.tsx';
import { Shortcuts } from './shortcuts.tsx';
import { Studies } from './studies.tsx';
import { Times } from './times.tsx';

const docs = 'https://github.com/cardinal-nn/cardinal/blob/main/docs';

/** The argument of the paper in the order in which it goes: each step is something to try. */
export function PaperRoom(): JSX.Element {
  return (
    <div class="network-show paper">
      <p>
        <em>Aggregated Residual Transformations for Deep Neural Networks</em> (ResNeXt, 2017) says: a network
        gets better not only deeper or wider, but by <strong>cardinality</strong>, the number of paths that
        its blocks have side by side, at no more cost. Its argument, step by step, each to try.
      </p>
      <EqualCost />
      <SameForms />
      <Shortcuts />
      <Continuum />
      <Times />
      <Studies />
      <p>
        <a href={`${docs}/paper.md`}>The paper, claim by claim</a>
      </p>
    </div>
  );
}
