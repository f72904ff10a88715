import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { hrefOf } from '../address.ts';
import { BlockView } from '../network/block/block.tsx';
import { weightsOf, widthAt, widths, type Form } from '../network/block/figure.ts';
import type { BlockShape } from '../network/work/service.ts';
import { count, signed } from '../parts/numbers.ts';
import { Range } from '../parts/range.tsx';
import { cardinality, width } from './state.ts';
import { Table2 } from './table2.tsx';

const cardinalities = [1, 2, 4, 8, 16, 32, 64, 128];

/** Table 2 as two sliders, and Figure 3 for what they say. */
export function EqualCost(): JSX.Element {
  const isKept = useSignal(true);
  const form = useSignal<Form>('a');
  const block: BlockShape = {
    cardinality: cardinality.value,
    width: width.value,
    inputWidth: 256,
    pictureSize: 56,
  };
  const budget = weightsOf({ ...block, cardinality: 1, width: 64 });
  const weights = weightsOf(block);
  const baseWidth = width.value;
  return (
    <section aria-labelledby="equal-title">
      <h2 id="equal-title">Same cost, more paths (Table 2)</h2>
      <p>
        ResNet sends 256 channels through one path of 64. ResNeXt takes many thin paths instead, at the same
        cost. Move the sliders.
      </p>
      <div class="paper-sliders">
        <Range
          label="Paths: cardinality C"
          values={cardinalities}
          value={cardinality.value}
          onChange={(value) => {
            cardinality.value = value;
            if (isKept.value) width.value = widthAt(value, budget);
          }}
        />
        <Range
          label="Channels of each: width d"
          values={widths}
          value={width.value}
          onChange={(value) => {
            isKept.value = false;
            width.value = value;
          }}
        />
        <label class="switch">
          <input
            type="checkbox"
            checked={isKept.value}
            onChange={(event) => {
              isKept.value = event.currentTarget.checked;
              if (isKept.value) width.value = widthAt(cardinality.value, budget);
            }}
          />
          Keep the cost: the width follows
        </label>
      </div>
      <p>
        C·(256·d + 9·d² + d·256) = <strong>{count(weights)}</strong> weights, {signed(weights / budget - 1)}{' '}
        from ResNet's {count(budget)}. Together the paths are{' '}
        <strong>{count(cardinality.value * width.value)}</strong> channels wide, instead of 64.
      </p>
      <Table2
        cardinality={cardinality.value}
        width={width.value}
        onTake={(c, d) => {
          cardinality.value = c;
          width.value = d;
        }}
      />
      <BlockView
        block={block}
        form={form.value}
        onForm={(chosen) => {
          form.value = chosen;
        }}
      />
      <p>
        <a href={`${hrefOf('network', 'resnext')}/cardinality=${cardinality.value}/baseWidth=${baseWidth}`}>
          See the whole network of such blocks
        </a>
      </p>
    </section>
  );
}
