import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { short, signed } from '../parts/numbers.ts';
import { publishedNetworks } from './published.ts';
import { shown } from './state.ts';
import { ask } from './work/ask.ts';
import type { Counted } from './work/service.ts';

/** The chosen network against those of the paper's tables, as controls move. Counted when it is opened. */
export function Published(): JSX.Element {
  const isOpen = useSignal(false);
  return (
    <details
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>Beside the networks of the paper</summary>
      {isOpen.value && <Table />}
    </details>
  );
}

function Table(): JSX.Element {
  const counted = useSignal<readonly Counted[]>([]);
  useSignalEffect(() => {
    ask(
      'count',
      publishedNetworks.map(({ name }) => ({ name, options: {} })),
    ).then(
      (rows) => {
        counted.value = rows;
      },
      () => undefined,
    );
  });
  const own = shown.value;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Networks of the paper">
        <table>
          <thead>
            <tr>
              <th scope="col">Network</th>
              <th scope="col">Parameters</th>
              <th scope="col">Yours</th>
              <th scope="col">MACs</th>
              <th scope="col">Yours</th>
              <th scope="col">Error, published</th>
            </tr>
          </thead>
          <tbody>
            {counted.value.map(({ name, parameters, macs }, index) => (
              <tr key={name}>
                <th scope="row">{publishedNetworks[index]?.title}</th>
                <td>{short(parameters)}</td>
                <td>{own && signed(own.parameters / parameters - 1)}</td>
                <td>{short(macs)}</td>
                <td>{own && signed(own.macs / macs - 1)}</td>
                <td>{publishedNetworks[index]?.error.toFixed(1)} %</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="hint">
        Parameters and MACs are counted here. Errors are top-1 on ImageNet, from Tables 3 and 4 of the ResNeXt
        paper.
      </p>
    </>
  );
}
