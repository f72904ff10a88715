import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

interface RangeProps {
  readonly label: string;
  /** In their order; the slider stands at the one nearest to `value`. */
  readonly values: readonly number[];
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly describedBy?: string | undefined;
  /** What stands for the number beside the label. Default: the number. */
  readonly text?: string | undefined;
}

/** A slider over given values. Tells each change as it is dragged. */
export function Range({
  label,
  values,
  value,
  onChange,
  describedBy,
  text = String(value),
}: RangeProps): JSX.Element {
  const id = useId();
  return (
    <div class="range">
      <label for={id}>{label}</label>
      <output for={id}>{text}</output>
      <input
        id={id}
        type="range"
        min={0}
        max={values.length - 1}
        value={nearest(values, value)}
        aria-valuetext={text}
        aria-describedby={describedBy}
        onInput={(event) => {
          onChange(values[Number(event.currentTarget.value)] ?? value);
        }}
      />
    </div>
  );
}

function nearest(values: readonly number[], value: number): number {
  const distances = values.map((each) => Math.abs(each - value));
  return distances.indexOf(Math.min(...distances));
}
