import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { count, short } from '../../parts/numbers.ts';
import { useWidth } from '../../parts/width.ts';
import { ask } from '../work/ask.ts';
import { Newest } from '../work/newest.ts';
import type { BlockShape, Counted } from '../work/service.ts';
import { FigureView } from './figure.tsx';
import { weightsOf, type Form } from './figure.ts';

interface BlockViewProps {
  readonly block: BlockShape;
  readonly form: Form;
  readonly onForm: (form: Form) => void;
}

const forms = [
  ['a', '(a) separate paths'],
  ['b', '(b) early concatenation'],
  ['c', '(c) grouped convolution'],
] as const;

/** The block of the network beside ResNet's own, in a form that the visitor chooses, and what each form costs. */
export function BlockView({ block, form, onForm }: BlockViewProps): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const room = useWidth(frame);
  const counted = useForms(block);
  const { cardinality, width, inputWidth } = block;
  const resnet: BlockShape = { ...block, cardinality: 1, width: Math.max(1, Math.round(inputWidth / 4)) };
  const isBeside = room.value >= 640 && cardinality > 1;
  const name = `${cardinality}×${width}d`;
  return (
    <div class="network-block">
      <p class="buttons" role="group" aria-label="Form of the block">
        {forms.map(([id, text]) => (
          <button
            key={id}
            type="button"
            aria-pressed={id === form}
            onClick={() => {
              onForm(id);
            }}
          >
            {text}
          </button>
        ))}
      </p>
      <div ref={frame} class="network-figures">
        {isBeside && (
          <figure>
            <FigureView
              form="c"
              block={resnet}
              width={260}
              label={`ResNet's block: ${resnet.width} channels inside`}
            />
            <figcaption>
              ResNet: {count(weightsOf(resnet))} weights in {inputWidth} → {resnet.width} → {inputWidth}{' '}
              channels
            </figcaption>
          </figure>
        )}
        {room.value > 0 && (
          <figure>
            <FigureView
              {...{ form, block }}
              width={isBeside ? Math.min(720, room.value - 290) : room.value}
              label={`The block with ${cardinality} paths of ${width} channels, in form (${form})`}
            />
            <figcaption>
              {cardinality === 1 ? 'One path' : name}: {count(weightsOf(block))} weights
            </figcaption>
          </figure>
        )}
      </div>
      <FormTable counted={counted} form={form} />
    </div>
  );
}

function FormTable({
  counted,
  form,
}: {
  readonly counted: readonly Counted[];
  readonly form: Form;
}): JSX.Element {
  if (counted.length === 0) return <p aria-busy="true">Counting …</p>;
  const isSame = new Set(counted.map(({ parameters }) => parameters)).size === 1;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="What each form costs">
        <table>
          <thead>
            <tr>
              <th scope="col">Form</th>
              <th scope="col">Parameters</th>
              <th scope="col">MACs</th>
              <th scope="col">Numbers stored</th>
            </tr>
          </thead>
          <tbody>
            {counted.map(({ name, parameters, macs, activations }) => (
              <tr key={name} aria-current={name === form ? 'true' : undefined}>
                <th scope="row">({name})</th>
                <td>{count(parameters)}</td>
                <td>{short(macs)}</td>
                <td>{short(activations)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="hint">
        {isSame ? 'All three have the same parameters and compute the same. ' : ''}
        They differ in what passes through memory: (a) stores as many outputs of full width as there are
        paths. Batch norms are counted.
      </p>
    </>
  );
}

/** The three forms of a block, counted; those of the last one until the next are there. */
function useForms(block: BlockShape): readonly Counted[] {
  const counted = useSignal<readonly Counted[]>([]);
  const asking = useRef<Newest<BlockShape, readonly Counted[]>>(undefined);
  asking.current ??= new Newest(
    (asked) => ask('forms', asked),
    (answer) => {
      counted.value = 'value' in answer ? answer.value : [];
    },
  );
  const wanted = useSignal(block);
  wanted.value = block;
  const key = useComputed(() => JSON.stringify(wanted.value));
  useSignalEffect(() => {
    if (key.value !== '') asking.current?.ask(wanted.peek());
  });
  return counted.value;
}
