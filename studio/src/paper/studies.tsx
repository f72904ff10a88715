import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { StudyChartView } from './study-chart.tsx';
import { verdictWords, type StudyResult } from './study-result.ts';

/** What came of the studies, each to be opened: its claims, its charts, and where all of it is. */
export function Studies(): JSX.Element {
  const { results, error } = useResults();
  return (
    <section aria-labelledby="studies-title">
      <h2 id="studies-title">What came of it, trained</h2>
      <p>
        The claims of the paper against small networks, trained for minutes on small pictures, several times
        each. “Undecided” means that the difference is within chance: small studies can agree with the paper,
        and cannot replace it.
      </p>
      {error !== undefined && <p role="alert">{error}</p>}
      {error === undefined && results === undefined && <p aria-busy="true">Loading …</p>}
      {results?.map((result) => (
        <StudyView key={result.name} result={result} />
      ))}
    </section>
  );
}

function StudyView({ result }: { readonly result: StudyResult }): JSX.Element {
  const [isOpen, setIsOpen] = useState(false);
  const { name, title, question, verdict, sentence, claims, charts } = result;
  return (
    <details
      class="paper-study"
      onToggle={(event) => {
        setIsOpen(event.currentTarget.open);
      }}
    >
      <summary>
        {title}: <span class={`paper-verdict ${verdict.replace(' ', '-')}`}>{verdictWords[verdict]}</span>
      </summary>
      <p>{question}</p>
      <p>{sentence}</p>
      <ul class="paper-claims">
        {claims.map(({ claim, verdict: own, found, published }) => (
          <li key={claim}>
            {claim}: <span class={`paper-verdict ${own.replace(' ', '-')}`}>{verdictWords[own]}</span>
            <span class="hint">
              here {found}
              {published !== undefined && `; published ${published}`}
            </span>
          </li>
        ))}
      </ul>
      {isOpen && charts.map((chart) => <StudyChartView key={chart.title} chart={chart} />)}
      <p>
        <a href={`studies/${name}.html`}>All of this study</a>,{' '}
        <a href={`studies/${name}.csv`}>its numbers</a>
      </p>
    </details>
  );
}

/** The results that lie beside the page. */
function useResults(): {
  readonly results?: readonly StudyResult[] | undefined;
  readonly error?: string | undefined;
} {
  const [found, setFound] = useState<ReturnType<typeof useResults>>({});
  useEffect(() => {
    const controller = new AbortController();
    readResults(controller.signal).then(
      (results) => {
        setFound({ results });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) {
          setFound({
            error: `The results of the studies could not be loaded (${String(error)}). Reload the page.`,
          });
        }
      },
    );
    return () => {
      controller.abort();
    };
  }, []);
  return found;
}

async function readResults(signal: AbortSignal): Promise<readonly StudyResult[]> {
  const answer = await fetch(new URL('studies/results.json', document.baseURI), { signal });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  // Written beside this page by the same build.
  return (await answer.json()) as readonly StudyResult[];
}
