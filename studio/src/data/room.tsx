import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { hrefOf } from '../address.ts';
import { Augment } from './augment.tsx';
import { Check } from './check.tsx';
import { ChooseData, useChosenData } from './choose.tsx';
import { Collect } from './collect.tsx';
import './data.css';
import { Overview } from './overview.tsx';

export function DataRoom(): JSX.Element {
  const data = useChosenData();
  const next = useRef<HTMLAnchorElement>(null);
  return (
    <>
      <Collect
        onMade={() => {
          // When the classes are gone from the page: it would scroll away from under them.
          requestAnimationFrame(() => {
            next.current?.focus();
          });
        }}
      />
      <section>
        <h2>Pictures to work with</h2>
        <ChooseData />
        {data !== undefined && (
          <>
            <p>
              <a ref={next} class="main" href={hrefOf('train')}>
                Train with these pictures
              </a>
            </p>
            <Overview data={data} />
          </>
        )}
      </section>
      {data !== undefined && (
        <>
          <Augment data={data} size={64} />
          <Check data={data} />
        </>
      )}
    </>
  );
}
