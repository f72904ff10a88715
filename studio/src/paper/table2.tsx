import type { JSX } from 'preact';
import { weightsOf } from '../network/block/figure.ts';
import { count } from '../parts/numbers.ts';
import { publishedWidths } from './table2.ts';

interface Table2Props {
  readonly cardinality: number;
  readonly width: number;
  readonly onTake: (cardinality: number, width: number) => void;
}

/** The rows that the paper prints, each to be taken; the one that the sliders stand at is marked. */
export function Table2({ cardinality, width, onTake }: Table2Props): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Rows of the paper's Tables 2 and 3">
      <table class="paper-table2">
        <caption>
          The paper's rows: what a block costs, and top-1 error on ImageNet in percent, published. Take one.
        </caption>
        <thead>
          <tr>
            <th scope="col">C×d</th>
            <th scope="col">Wide in all</th>
            <th scope="col">Weights</th>
            <th scope="col">50 layers</th>
            <th scope="col">101 layers</th>
          </tr>
        </thead>
        <tbody>
          {publishedWidths.map(({ cardinality: c, width: d, error50, error101 }) => {
            const isTaken = c === cardinality && d === width;
            return (
              <tr key={c} aria-current={isTaken ? 'true' : undefined}>
                <th scope="row">
                  <button
                    type="button"
                    aria-pressed={isTaken}
                    onClick={() => {
                      onTake(c, d);
                    }}
                  >
                    {c}×{d}d
                  </button>
                </th>
                <td>{c * d}</td>
                <td>{count(weightsOf({ cardinality: c, width: d, inputWidth: 256 }))}</td>
                <td>{error50.toFixed(1)}</td>
                <td>{error101.toFixed(1)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
