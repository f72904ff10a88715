import type { JSX } from 'preact';
import '../data/data.css';
import { Choose } from './choose.tsx';
import { Classes } from './classes.tsx';
import './judge.css';
import { Matrix } from './matrix.tsx';
import { Pictures } from './pictures.tsx';
import { judged, message, rows } from './state.ts';
import { Suspects } from './suspects.tsx';
import { Trust } from './trust.tsx';
import { count, percent } from '../parts/numbers.ts';

export function JudgeRoom(): JSX.Element {
  const found = judged.value?.found;
  const right = rows.value.filter(({ label, predicted }) => label === predicted).length;
  return (
    <div class="judge">
      <Choose />
      {message.value && <p role={message.value.isError ? 'alert' : 'status'}>{message.value.text}</p>}
      {found && (
        <>
          <p role="status">
            {count(right)} of {count(rows.value.length)} pictures are classified right,{' '}
            {percent(right / Math.max(1, rows.value.length))}.
            {found.skipped.length > 0 &&
              ` ${count(found.skipped.length)} could not be read and count in nothing, the first ${found.skipped[0].name}: ${found.skipped[0].reason}`}
          </p>
          <Matrix classes={found.classes} />
          <Pictures classes={found.classes} />
          <Trust />
          <Suspects classes={found.classes} />
          <Classes judged={found} />
        </>
      )}
    </div>
  );
}
