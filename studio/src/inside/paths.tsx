import type { PathShares } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { askPaths, explained, network, paths, picture, weights } from './state.ts';
import { Answered } from './waiting.tsx';
import { nameOf } from './why.tsx';

/** What each path of the blocks contributes to the class: bars for every block. */
export function Paths(): JSX.Element {
  return (
    <section aria-labelledby="inside-paths">
      <h2 id="inside-paths">What each path of a block contributes</h2>
      <Answered answer={network.answer} what="Opening the network">
        {({ blocks, name }) => {
          if (blocks.length === 0) return <p>{name} has no blocks with several paths: ResNeXts have.</p>;
          const count = blocks.reduce((sum, block) => sum + block.paths, 0);
          const { value: found } = explained.answer;
          const [of, shown] = [weights.value, picture.value];
          return (
            <>
              <p class="hint">
                A block adds up what its paths give. Each path is left out alone, and all that follows is
                computed again: what the class loses is the path's effect.
              </p>
              <button
                type="button"
                disabled={found.kind !== 'there' || of === undefined || shown === undefined}
                onClick={() => {
                  if (found.kind === 'there' && of !== undefined && shown !== undefined) {
                    askPaths(of, shown, found.value.label);
                  }
                }}
              >
                Leave out each of the {count} paths
              </button>
            </>
          );
        }}
      </Answered>
      <Answered answer={paths.answer} what="Leaving out paths">
        {(found) => <Blocks found={found} />}
      </Answered>
    </section>
  );
}

function Blocks({ found }: { readonly found: PathShares }): JSX.Element {
  const most = found.blocks
    .flatMap((block) => block.paths)
    .reduce((size, { effect }) => Math.max(size, Math.abs(effect)), 0);
  const called = nameOf(found.label);
  return (
    <div class="inside-table">
      <table>
        <caption>
          For {called}. Size: beside the sum of the block's paths. Effect: upwards speaks for {called},
          downwards against it.
        </caption>
        <thead>
          <tr>
            <th scope="col">Block</th>
            <th scope="col">Size</th>
            <th scope="col">Effect</th>
            <th scope="col">Strongest</th>
          </tr>
        </thead>
        <tbody>
          {found.blocks.map(({ block, paths: all }) => {
            const norms = all.map(({ norm }) => norm);
            const effects = all.map(({ effect }) => effect);
            const largest = norms.reduce((size, norm) => Math.max(size, norm), 0);
            return (
              <tr key={block}>
                <th scope="row">{block}</th>
                <td>
                  <Bars
                    values={norms}
                    most={largest}
                    title={`Sizes of the ${all.length} paths of ${block}`}
                  />
                </td>
                <td>
                  <Bars
                    values={effects}
                    most={most}
                    title={`Effects of the ${all.length} paths of ${block}`}
                  />
                </td>
                <td>{strongest(effects)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const height = 40;

function Bars({
  values,
  most,
  title,
}: {
  readonly values: readonly number[];
  readonly most: number;
  readonly title: string;
}): JSX.Element {
  const step = Math.max(1, Math.min(6, 240 / values.length));
  const middle = values.some((value) => value < 0) ? height / 2 : height;
  return (
    <svg role="img" aria-label={title} width={values.length * step} height={height}>
      {values.map((value, path) => {
        const size = most === 0 ? 0 : (Math.abs(value) / most) * (middle - 1);
        return (
          <rect
            key={path}
            class={value < 0 ? 'against' : 'for'}
            x={path * step}
            y={value < 0 ? middle : middle - size}
            width={step * 0.8}
            height={Math.max(size, 0.5)}
          >
            <title>
              path {path}: {value.toPrecision(3)}
            </title>
          </rect>
        );
      })}
    </svg>
  );
}

function strongest(effects: readonly number[]): string {
  const at = effects.reduce(
    (best, effect, path) => (Math.abs(effect) > Math.abs(effects[best] ?? 0) ? path : best),
    0,
  );
  const effect = effects[at] ?? 0;
  return `path ${at}, ${effect < 0 ? '−' : '+'}${Math.abs(effect).toPrecision(2)}`;
}
