import type { JSX } from 'preact';
import { hrefOf } from '../address.ts';
import { Augment } from './augment.tsx';
import { Check } from './check.tsx';
import { ChooseData, useChosenData } from './choose.tsx';
import { Collect } from './collect.tsx';
import './data.css';
import { Overview } from './overview.tsx';

export function DataRoom(): JSX.Element {
  const data = useChosenData();
  return (
    <>
      <ChooseData />
      {data !== undefined && (
        <>
          <Overview data={data} />
          <p>
            <a class="main" href={hrefOf('train')}>
              Train with these pictures
            </a>
          </p>
        </>
      )}
      <Collect />
      {data !== undefined && (
        <>
          <Augment data={data} size={64} />
          <Check data={data} />
        </>
      )}
    </>
  );
}
