import { useSignal, useSignalEffect } from '@preact/signals';
import type { CostTemplate } from 'cardinal-nn/cost';
import type { JSX } from 'preact';
import { ask } from '../network/work/ask.ts';
import { count, short } from '../parts/numbers.ts';

/** From one group to as many as there are channels: at equal cost, the block grows wider inside. */
export function Continuum(): JSX.Element {
  const templates = useSignal<readonly (CostTemplate & { readonly macs: number })[]>([]);
  useSignalEffect(() => {
    ask('continuum').then(
      (all) => {
        templates.value = all;
      },
      () => undefined,
    );
  });
  const widest = templates.value.reduce((most, { innerWidth }) => Math.max(most, innerWidth), 1);
  return (
    <section aria-labelledby="continuum-title">
      <h2 id="continuum-title">From one group to depthwise</h2>
      <p>
        Carried on, cardinality ends where each group has one channel: a depthwise convolution. The cost stays
        near ResNet-50's all the way.
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Cost by cardinality">
        <table>
          <thead>
            <tr>
              <th scope="col">C×d</th>
              <th scope="col">Channels inside</th>
              <th scope="col">Weights of a block</th>
              <th scope="col">MACs of the network</th>
              <th scope="col">In the 3×3</th>
            </tr>
          </thead>
          <tbody>
            {templates.value.map(({ cardinality, baseWidth, depthwise, innerWidth, parameters, macs }) => {
              const groups = depthwise ? innerWidth : cardinality;
              const grouped = (9 * innerWidth ** 2) / groups;
              return (
                <tr key={`${cardinality} ${baseWidth}`}>
                  <th scope="row">{depthwise ? 'depthwise' : `${cardinality}×${baseWidth}d`}</th>
                  <td>
                    {innerWidth}
                    <span class="paper-bar" style={{ width: `${(5 * innerWidth) / widest}rem` }} />
                  </td>
                  <td>{count(parameters)}</td>
                  <td>{short(macs)}</td>
                  <td>
                    {count(grouped)}
                    <span class="paper-bar grouped" style={{ width: `${(5 * grouped) / parameters}rem` }} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
