import type { HtmlFacts } from 'cardinal-nn/studio';
import type { Classifier } from 'cardinal-nn/web';
import type { ComponentChildren, JSX } from 'preact';
import { count, percent, short } from '../parts/numbers.ts';

interface AboutProps {
  readonly facts: HtmlFacts;
  readonly classifier: Classifier;
  readonly licences: string;
}

/** What the network is, what it was trained on, and how good it was found to be. */
export function About({ facts, classifier, licences }: AboutProps): JSX.Element {
  const { classes, task, preprocessing, about } = classifier;
  const [height, width] = preprocessing.size;
  return (
    <section aria-labelledby="about">
      <h2 id="about">About this network</h2>
      <dl class="facts">
        <Fact what="Network">
          {facts.network}, {short(facts.parameters)} parameters
        </Fact>
        <Fact what="Trained">{trainingText(facts)}</Fact>
        <Fact what="When it was tested">{scoreText(facts)}</Fact>
        <Fact what="Sees">
          {width} × {height} pixels{preprocessing.channels === 1 ? ', in grey' : ''}
        </Fact>
        <Fact what="Weights from">{facts.origin}</Fact>
        <Fact what="Licence of the weights">{facts.licence}</Fact>
        <Fact what="Computes">{about.replace(/, because .*/s, '')}</Fact>
        <Fact what="Made with">Cardinal {facts.version}</Fact>
      </dl>
      <details>
        <summary>
          {count(classes.length)} {task === 'labels' ? 'labels' : 'classes'}
        </summary>
        <ul class="classes">
          {classes.map((name, label) => (
            <li key={label}>
              <bdi>{name}</bdi>
            </li>
          ))}
        </ul>
      </details>
      <details>
        <summary>Licences of the programs in this file</summary>
        <pre tabIndex={0} aria-label="Licences">
          {licences}
        </pre>
      </details>
    </section>
  );
}

function Fact({
  what,
  children,
}: {
  readonly what: string;
  readonly children: ComponentChildren;
}): JSX.Element | null {
  if (children === undefined) return null;
  return (
    <div>
      <dt>{what}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function trainingText({ trained, pictures }: HtmlFacts): string | undefined {
  if (trained === undefined) return undefined;
  const epochs = `for ${count(trained.epochs)} ${trained.epochs === 1 ? 'epoch' : 'epochs'}`;
  return pictures === undefined ? epochs : `${epochs}, on ${count(pictures)} pictures`;
}

function scoreText({ trained }: HtmlFacts): string | undefined {
  const validation = trained?.validation;
  if (validation === undefined) return undefined;
  const { scores, top1 } = validation;
  if (scores === undefined) return `right about ${percent(top1)} of pictures it had not been trained on`;
  return Object.entries(scores)
    .map(([name, value]) => `${name} ${value.toPrecision(3)}`)
    .join(', ');
}
