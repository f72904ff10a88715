import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { hrefOf } from '../address.ts';
import '../data/data.css';
import { useItems } from '../data/choose.tsx';
import { engine } from '../engine/engine.ts';
import { opened } from '../train/state.ts';
import { Code } from './code.tsx';
import { Downloads } from './downloads.tsx';
import { nodeCode, pageCode, serveCommand } from './snippets.ts';
import { Try } from './try.tsx';
import './use.css';

export function UseRoom(): JSX.Element | null {
  const id = useId();
  const chosen = useSignal<string | undefined>(undefined);
  const runs = useItems('run');
  const weights = useItems('weights');
  const error = runs.error ?? weights.error;
  if (error !== undefined) return <p role="alert">{error}</p>;
  if (runs.items === undefined || weights.items === undefined) return null;
  const all = [...runs.items, ...weights.items];
  if (all.length === 0) {
    return (
      <p>
        There is no trained network yet: <a href={hrefOf('train')}>train one</a>, then take it along here.
      </p>
    );
  }
  const wanted = chosen.value ?? opened.value?.[0];
  const item = all.find((each) => each.id === wanted) ?? all[0];
  const file = `${item.name.replace(/\.[a-z]+$/, '').replaceAll(/[^\w.-]/g, '-')}.safetensors`;
  const isHere = engine.value.kind === 'ready' && engine.value.about.where === 'machine';
  return (
    <>
      <p class="choose">
        <label for={id}>Network</label>{' '}
        <select
          id={id}
          value={item.id}
          onChange={({ currentTarget }) => {
            chosen.value = currentTarget.value;
          }}
        >
          {all.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      </p>
      <Try key={`try ${item.id}`} weights={item.id} />
      <Downloads key={item.id} item={item} file={file} />
      <section>
        <h2>In a program</h2>
        <p>
          Download it for Cardinal, put it beside your program, and install the library by{' '}
          <code>npm install cardinal-nn</code>.
        </p>
        <Code title="In Node" text={nodeCode(file)} />
        <Code title="In a page, without a server" text={pageCode(file)} />
      </section>
      <section>
        <h2>As a server</h2>
        <p>Answers over HTTP, with a page to try it.{!isHere && ' It runs where the downloaded file is.'}</p>
        <Code title="In a terminal" text={serveCommand(file)} />
      </section>
    </>
  );
}
