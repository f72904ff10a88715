import { largest } from '../../base/extremes.ts';
import { convertForm } from '../../models/convert-form.ts';
import type { Form } from '../../models/options.ts';
import { html } from '../../report/html.ts';
import { checkClaims, checkFact } from '../claims.ts';
import type { Outcome } from '../outcome.ts';
import { valuesOf } from '../statistics.ts';
import type { Arm, Measure, Setting, Study } from '../study.ts';

const step: Measure = { key: 'step', label: 'training step', unit: 'ms', digits: 1 };
const forward: Measure = { key: 'forward', label: 'forward pass', unit: 'ms', digits: 1 };
const memory: Measure = { key: 'memory', label: 'memory of the step', unit: 'MiB', digits: 1 };

/** Equal but for rounding: sums are done in another order. */
const tolerance = 1e-4;

const names: Readonly<Record<Form, string>> = {
  a: '(a) paths summed',
  b: '(b) paths concatenated',
  c: '(c) grouped convolution',
};

function setting(
  network: { readonly name: string; readonly options: Readonly<Record<string, number | number[]>> },
  rest: { readonly description: string; readonly input: readonly [number, number, number] },
): Setting {
  const arms = (['a', 'b', 'c'] as const).map((form): Arm => ({
    id: form,
    label: names[form],
    network: { name: network.name, options: { ...network.options, form } },
  }));
  return {
    description: rest.description,
    arms,
    seeds: 3,
    costs: [{ unit: 'macs', tolerance: 0, reference: 'c', times: { a: 1, b: 1 } }],
    timing: {
      batch: 8,
      input: rest.input,
      rounds: 5,
      step: true,
      same: {
        reference: 'c',
        convert: (state, { id }) => convertForm(state, id === 'a' || id === 'b' ? id : 'c'),
      },
    },
    check: (outcomes) => [
      equalOutputs(outcomes),
      ...checkClaims(outcomes, [
        slower('a', step, 'a training step is fastest as a grouped convolution: (c) against (a)'),
        slower('b', step, 'a training step is fastest as a grouped convolution: (c) against (b)'),
        slower('b', forward, 'so is a forward pass: (c) against (b)'),
      ]),
    ],
  };
}

function slower(form: Form, { key, label, unit, digits }: Measure, claim: string) {
  return { claim, measure: key, contrast: { [form]: 1, c: -1 }, what: `${unit} more for a ${label}`, digits };
}

function equalOutputs(outcomes: readonly Outcome[]) {
  const differences = (['a', 'b', 'c'] as const).flatMap((form) => valuesOf(outcomes, form, 'difference'));
  const worst = largest(differences);
  return checkFact(
    'the three forms compute the same',
    differences.length > 0 && worst <= tolerance,
    differences.length === 0
      ? 'no run came to an end'
      : `outputs differ by at most ${worst.toExponential(1)} of the largest, in 32-bit numbers`,
  );
}

export const forms: Study = {
  name: 'forms',
  title: 'Three forms of one block',
  question: 'The paper draws a block in three ways that compute the same. Which one should a program run?',
  source:
    'Paper: Figure 3 and section 3.3. Review of the paper (docs/paper.md): “Equivalent Building Blocks for ResNeXt”.',
  task: 'time',
  measures: [step, forward, memory],
  charts: ['measure'],
  sections: () => [
    {
      title: 'Why (c) is the one to use',
      body: html`<p>
          All three do the same multiplications, so the times differ by what is around them. (a) computes C
          outputs of full width and adds them up: each is written to memory and read again. (b) saves that
          sum, but its C paths are as many small convolutions and batch norms of few channels each: every one
          has to be started, and narrow matmuls leave registers empty. (c) is one convolution whose groups
          share one kernel, and one batch norm: one pass over memory. The memory that is planned differs
          little, because what is not needed any more is given up at once.
        </p>
        <p>
          Weights convert between any two forms (<code>convertForm</code>,
          <code>cardinal convert --form</code>), so nothing is lost by training (c). With two layers in a
          block instead of three, grouping gives nothing: the paths are then the parts of one wide dense
          layer, as section 3.3 remarks.
        </p>`,
    },
  ],
  setting: (scale) =>
    scale === 'small'
      ? setting(
          {
            name: 'resnext_cifar',
            options: { layers: [1, 1, 1], cardinality: 32, baseWidth: 4, planes: 64 },
          },
          {
            description:
              'ResNeXt-11 32×4d of full width on 32×32 pictures, batches of 8, the same weights in all three forms.',
            input: [3, 32, 32],
          },
        )
      : setting(
          { name: 'resnext', options: { layers: [3, 4, 6, 3], cardinality: 32, baseWidth: 4 } },
          {
            description:
              'ResNeXt-50 32×4d on 224×224 pictures, batches of 8, the same weights in all three forms.',
            input: [3, 224, 224],
          },
        ),
};
