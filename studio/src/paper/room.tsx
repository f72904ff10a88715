import type { JSX } from 'preact';
import '../network/network.css';
import { Continuum } from './continuum.tsx';
import { EqualCost } from './equal.tsx';
import './paper.css';
import { studies } from './studies.ts';

const docs = 'https://github.com/cardinal-nn/cardinal/blob/main/docs';

export function PaperRoom(): JSX.Element {
  return (
    <div class="network-show paper">
      <EqualCost />
      <Continuum />
      <section aria-labelledby="studies-title">
        <h2 id="studies-title">What came of it</h2>
        <p>
          Small networks, trained for minutes, against the claims of the paper. “Undecided” means that the
          difference is within chance.
        </p>
        <dl class="paper-studies">
          {studies.map(({ name, question, result }) => (
            <div key={name}>
              <dt>{question}</dt>
              <dd>
                {result} (<a href={`${docs}/studies/${name}.html`}>{name}</a>)
              </dd>
            </div>
          ))}
        </dl>
        <p>
          <a href={`${docs}/paper.md`}>The paper, claim by claim</a>
        </p>
      </section>
    </div>
  );
}
