import type { JSX } from 'preact';
import { hrefOf } from '../address.ts';
import '../data/data.css';
import { useItems } from '../data/choose.tsx';
import { engine } from '../engine/engine.ts';
import { ChooseNetwork } from '../parts/choose-network.tsx';
import { chosenOf } from '../parts/chosen.ts';
import { Code } from './code.tsx';
import { Downloads } from './downloads.tsx';
import { nodeCode, pageCode, serveCommand } from './snippets.ts';
import { Try } from './try.tsx';
import './use.css';

export function UseRoom(): JSX.Element | null {
  const runs = useItems('run');
  const weights = useItems('weights');
  const error = runs.error ?? weights.error;
  if (error !== undefined) return <p role="alert">{error}</p>;
  if (runs.items === undefined || weights.items === undefined) return null;
  const all = [...weights.items, ...runs.items];
  const item = chosenOf(all);
  if (item === undefined) {
    return (
      <p>
        There is no trained network yet: <a href={hrefOf('train')}>train one</a>, then take it along here.
      </p>
    );
  }
  const file = `${item.name.replace(/\.[a-z]+$/, '').replaceAll(/[^\w.-]/g, '-')}.safetensors`;
  const isHere = engine.value.kind === 'ready' && engine.value.about.where === 'machine';
  return (
    <>
      <div class="choose">
        <ChooseNetwork items={all} />
      </div>
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
