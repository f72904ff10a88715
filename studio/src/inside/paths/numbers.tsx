import type { JSX } from 'preact';
import { saveCsv } from '../../parts/csv.ts';
import { digits, signedNumber, type BlockShares } from './scale.ts';
import { blocks, shares } from './state.ts';

/** The numbers of a block's paths as a table, to be taken along; those of all blocks that are known, too. */
export function Numbers({ found }: { readonly found: BlockShares }): JSX.Element {
  const known = blocks.value.flatMap(({ block }) => shares.value.get(block) ?? []);
  return (
    <>
      <details>
        <summary>The same in numbers</summary>
        <div
          class="inside-numbers"
          tabIndex={0}
          role="region"
          aria-label={`Numbers of the paths of ${found.block}`}
        >
          <table>
            <thead>
              <tr>
                <th scope="col">Path</th>
                <th scope="col">Norm</th>
                <th scope="col">Share</th>
                <th scope="col">Effect</th>
              </tr>
            </thead>
            <tbody>
              {found.paths.map(({ norm, share, effect }, path) => (
                <tr key={path}>
                  <th scope="row">{path}</th>
                  <td>{digits(norm)}</td>
                  <td>{signedNumber(share)}</td>
                  <td>{signedNumber(effect)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
      <p class="buttons">
        <Save name={`paths of ${found.block}`} of={[found]}>
          Save as CSV
        </Save>
        {known.length > 1 && (
          <Save name="paths" of={known}>
            Save {known.length} blocks as CSV
          </Save>
        )}
      </p>
    </>
  );
}

function Save({
  name,
  of,
  children,
}: {
  readonly name: string;
  readonly of: readonly BlockShares[];
  readonly children: JSX.Element | string | (string | number)[];
}): JSX.Element {
  return (
    <button
      type="button"
      onClick={() => {
        saveCsv(name, rowsOf(of));
      }}
    >
      {children}
    </button>
  );
}

function rowsOf(of: readonly BlockShares[]): (string | number)[][] {
  const rows = of.flatMap(({ block, paths }) =>
    paths.map(({ norm, share, effect }, path) => [block, path, norm, share, effect]),
  );
  return [['block', 'path', 'norm', 'share', 'effect'], ...rows];
}
