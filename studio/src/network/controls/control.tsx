import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Range } from '../../parts/range.tsx';
import { options, set } from '../state.ts';
import type { Control } from './options.ts';

/** The control of one option, with what it does below it. Of all controls the one that is dragged is drawn anew. */
export function ControlView({ control }: { readonly control: Control }): JSX.Element {
  const id = useId();
  // As text, for lists of blocks that are equal but not the same.
  const text = useComputed(() => JSON.stringify(options.value[control.option] ?? null));
  const value: unknown = JSON.parse(text.value);
  const onChange = (changed: unknown) => {
    set({ [control.option]: changed });
  };
  const about = `${id}-about`;
  const { label } = control;
  switch (control.kind) {
    case 'slider':
      return (
        <Field id={about} about={control.about}>
          <Range {...{ label, values: control.values, describedBy: about, onChange }} value={Number(value)} />
        </Field>
      );
    case 'choice':
      return (
        <Field id={about} about={control.about}>
          <label for={id}>{label}</label>
          <select
            id={id}
            aria-describedby={about}
            value={String(value)}
            onChange={(event) => {
              onChange(event.currentTarget.value);
            }}
          >
            {control.choices.map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        </Field>
      );
    case 'switch':
      return (
        <Field id={about} about={control.about}>
          <label class="switch">
            <input
              type="checkbox"
              checked={value === true}
              aria-describedby={about}
              onChange={(event) => {
                onChange(event.currentTarget.checked);
              }}
            />
            {label}
          </label>
        </Field>
      );
    case 'stages':
      return (
        <Field id={about} about={control.about}>
          <Stages blocks={Array.isArray(value) ? value.map(Number) : []} {...{ about, onChange }} />
        </Field>
      );
  }
}

interface FieldProps {
  readonly id: string;
  readonly about: string;
  readonly children: JSX.Element | readonly JSX.Element[];
}

function Field({ id, about, children }: FieldProps): JSX.Element {
  return (
    <div class="field">
      {children}
      <p id={id} class="hint">
        {about}
      </p>
    </div>
  );
}

interface StagesProps {
  readonly blocks: readonly number[];
  readonly about: string;
  readonly onChange: (blocks: readonly number[]) => void;
}

const mostBlocks = Array.from({ length: 40 }, (_, index) => index + 1);
const depths = [
  [50, [3, 4, 6, 3]],
  [101, [3, 4, 23, 3]],
  [152, [3, 8, 36, 3]],
  [200, [3, 24, 36, 3]],
] as const;

/** A slider for each stage, and the depths that the papers name. */
function Stages({ blocks, about, onChange }: StagesProps): JSX.Element {
  return (
    <fieldset aria-describedby={about}>
      <legend>Depth: blocks of each stage</legend>
      {blocks.length === 4 && (
        <p class="buttons">
          {depths.map(([depth, layers]) => (
            <button
              key={depth}
              type="button"
              aria-pressed={layers.join() === blocks.join()}
              onClick={() => {
                onChange(layers);
              }}
            >
              {depth} layers
            </button>
          ))}
        </p>
      )}
      {blocks.map((count, stage) => (
        <Range
          key={stage}
          label={`Stage ${stage + 1}`}
          values={mostBlocks}
          value={count}
          onChange={(changed) => {
            onChange(blocks.with(stage, changed));
          }}
        />
      ))}
    </fieldset>
  );
}
