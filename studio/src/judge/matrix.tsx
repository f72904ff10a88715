import type { JSX } from 'preact';
import { saveCsv } from '../parts/csv.ts';
import { cell, confusion } from './state.ts';

/** Beyond it a table of cells shows nothing. */
const mostClasses = 40;

/** The confusion matrix; a cell opens its pictures. */
export function Matrix({ classes }: { readonly classes: readonly string[] }): JSX.Element {
  const counts = confusion.value;
  const save = (): void => {
    saveCsv('confusion', [
      ['true \\ predicted', ...classes],
      ...counts.map((row, k) => [classes[k], ...row]),
    ]);
  };
  return (
    <section>
      <h2>What is taken for what</h2>
      <p>Rows are true classes, columns what the network says. Choose a cell to see its pictures.</p>
      {classes.length > mostClasses ? (
        <p>{classes.length} classes are too many for a table on a page: save it instead.</p>
      ) : (
        <div class="judge-wide" tabIndex={0} role="region" aria-label="Confusion matrix">
          <table class="judge-matrix">
            <thead>
              <tr>
                <td />
                {classes.map((name, k) => (
                  <th key={k} scope="col">
                    <span>{name}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {counts.map((row, label) => {
                const total = row.reduce((sum, one) => sum + one, 0);
                return (
                  <tr key={label}>
                    <th scope="row">{classes[label]}</th>
                    {row.map((value, predicted) => (
                      <td key={predicted}>
                        {value > 0 && (
                          <button
                            type="button"
                            class={label === predicted ? 'hit' : 'miss'}
                            style={{ '--s': `${Math.round(45 * Math.sqrt(value / total))}%` }}
                            aria-pressed={cell.value?.[0] === label && cell.value[1] === predicted}
                            aria-label={`${classes[label]} taken for ${classes[predicted]}: ${value}`}
                            onClick={() => {
                              cell.value = [label, predicted];
                            }}
                          >
                            {value}
                          </button>
                        )}
                      </td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      <button type="button" onClick={save}>
        Save as CSV
      </button>
    </section>
  );
}
