import type { Signal } from '@preact/signals';
import type { Filters as Found, InsideConvolution } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { Canvas } from '../canvas.tsx';
import { network } from '../state.ts';
import { Answered } from '../waiting.tsx';
import { composite, slices } from './draw.ts';
import { choose, convolution, filters, firstInput, firstOutput, mostInputs, mostOutputs } from './state.ts';

/** The weights of a convolution as pictures: what it looks for. */
export function FiltersSection(): JSX.Element {
  return (
    <section aria-labelledby="inside-filters">
      <h2 id="inside-filters">Filters</h2>
      <Answered answer={network.answer} what="Opening the network">
        {({ convolutions, name }) =>
          convolution.value === undefined ? (
            <p>{name} has no convolutions.</p>
          ) : (
            <>
              <label class="field">
                Convolution
                <select
                  onChange={({ currentTarget }) => {
                    choose(currentTarget.value);
                  }}
                >
                  {convolutions.map((one) => (
                    <option
                      key={one.layer}
                      value={one.layer}
                      selected={one.layer === convolution.value?.layer}
                    >
                      {one.layer} ({titleOf(one)})
                    </option>
                  ))}
                </select>
              </label>
              <Window
                title="Outputs"
                first={firstOutput}
                of={convolution.value.shape[0]}
                most={mostOutputs}
              />
              <Window title="Inputs" first={firstInput} of={convolution.value.shape[1]} most={mostInputs} />
            </>
          )
        }
      </Answered>
      <Answered answer={filters.answer} what="Reading the filters">
        {(found) => convolution.value && <Shown found={found} of={convolution.value} />}
      </Answered>
    </section>
  );
}

/** Which of many are shown; nothing to choose if all are. */
function Window({
  title,
  first,
  of,
  most,
}: {
  readonly title: string;
  readonly first: Signal<number>;
  readonly of: number;
  readonly most: number;
}): JSX.Element | null {
  if (of <= most) return null;
  return (
    <label class="field">
      {title}
      <select
        onChange={({ currentTarget }) => {
          first.value = Number(currentTarget.value);
        }}
      >
        {Array.from({ length: Math.ceil(of / most) }, (_, part) => (
          <option key={part} value={part * most} selected={part * most === first.value}>
            {part * most} to {Math.min(of, (part + 1) * most) - 1} of {of}
          </option>
        ))}
      </select>
    </label>
  );
}

function Shown({ found, of }: { readonly found: Found; readonly of: InsideConvolution }): JSX.Element {
  const [outputs, inputs] = found.shape;
  const [all] = of.shape;
  const { value: about } = network.answer;
  const isColour = about.kind === 'there' && about.value.input[0] === 3 && isFirst(of) && of.shape[1] === 3;
  const scale = found.largest.toPrecision(3);
  return (
    <>
      <p class="hint">
        {isColour
          ? `Each filter as a picture of red, green and blue. Grey is 0, and the brighter a colour the larger its weight, from −${scale} to ${scale} on one scale for all.`
          : `Each filter as a grid with a small picture for each of the ${inputs === 1 ? '' : `${inputs} `}channels that it reads. Grey is 0, black −${scale}, white ${scale}, on one scale for all of the layer.`}
        {of.groups > 1 &&
          ` ${of.groups} groups: a filter reads the ${of.shape[1]} channels of its own group.`}
      </p>
      <ul class="inside-maps filters">
        {Array.from({ length: outputs }, (_, at) => {
          const output = firstOutput.value + at;
          const group = Math.floor(output / (all / of.groups));
          const reads = of.groups > 1 ? `, group ${group}` : '';
          return (
            <li key={output}>
              <Canvas
                image={isColour ? composite(found, at) : slices(found, at)}
                title={`Filter ${output}${reads}: ${spanOf(found, at)}`}
              />
              <span aria-hidden="true">
                {output}
                {reads}
              </span>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function titleOf({ shape: [outputs, inputs, rows, columns], groups }: InsideConvolution): string {
  return `${inputs * groups}, ${rows}×${columns}, ${outputs}${groups > 1 ? `, ${groups} groups` : ''}`;
}

/** Whether it reads the picture itself. */
function isFirst(of: InsideConvolution): boolean {
  const { value } = network.answer;
  return value.kind === 'there' && value.value.convolutions.at(0)?.layer === of.layer && of.groups === 1;
}

function spanOf({ shape: [, inputs, rows, columns], data }: Found, output: number): string {
  const size = inputs * rows * columns;
  const own = data.subarray(output * size, (output + 1) * size);
  const [least, most] = own.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)] as const,
    [Infinity, -Infinity] as const,
  );
  return `weights from ${least.toPrecision(2)} to ${most.toPrecision(2)}`.replaceAll('-', '−');
}
