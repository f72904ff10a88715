import type { TrainRequest } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { Field } from './field.tsx';
import { set, settings } from './settings.ts';

const recipes: Readonly<Record<string, string>> = {
  quick: 'quick: few epochs, for pictures of one’s own',
  cifar: 'cifar: the paper’s for 32×32 pictures',
  imagenet: 'imagenet: the paper’s for photos',
};

type Augment = NonNullable<TrainRequest['augment']>;
const augmentations: Readonly<Partial<Record<Augment, string>>> = {
  none: 'not at all',
  flip: 'mirrored',
  'shift-flip': 'moved a little and mirrored',
  'crop-flip': 'zoomed and mirrored',
  imagenet: 'as the paper does photos: zoomed, mirrored, other colours',
  trivial: 'TrivialAugment: something strong, by chance',
};

interface NumberSetting {
  readonly name: 'batchSize' | 'learningRate' | 'imageSize' | 'patience' | 'seed';
  readonly label: string;
  readonly about: string;
  readonly min: number;
  readonly isWhole: boolean;
}

const numbers: readonly NumberSetting[] = [
  {
    ...{ name: 'learningRate', label: 'Learning rate', min: 0, isWhole: false },
    about:
      'How far each step changes the weights. Too large and it never settles, too small and it takes for ever.',
  },
  {
    ...{ name: 'batchSize', label: 'Batch', min: 1, isWhole: true },
    about: 'Pictures for one step. Larger ones need more memory, and a larger learning rate.',
  },
  {
    ...{ name: 'imageSize', label: 'Picture size', min: 8, isWhole: true },
    about: 'Pixels of a side that the network sees. Twice as many cost four times the work.',
  },
  {
    ...{ name: 'patience', label: 'Patience', min: 1, isWhole: true },
    about: 'Epochs without getting better after which it stops early. Empty: it never does.',
  },
  {
    ...{ name: 'seed', label: 'Seed', min: 0, isWhole: true },
    about: 'What chance begins with: the same seed and settings give the same run.',
  },
];

/** Settings that a beginner leaves alone. */
export function More(): JSX.Element {
  const { recipe, augment } = settings.value;
  return (
    <details class="more">
      <summary>More settings: left empty, they are the recipe’s</summary>
      <Field
        label="Recipe"
        about="How learning rate, batch and the rest are set and change in the course of a run."
      >
        {(control) => (
          <select
            {...control}
            value={recipe ?? 'quick'}
            onChange={({ currentTarget }) => {
              set({ recipe: currentTarget.value });
            }}
          >
            {Object.entries(recipes).map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field
        label="Pictures are changed"
        about="A little different each time, so that it learns what does not change. See it in the room Data."
      >
        {(control) => (
          <select
            {...control}
            value={augment ?? ''}
            onChange={({ currentTarget: { value } }) => {
              set({ augment: isAugment(value) ? value : undefined });
            }}
          >
            <option value="">as the recipe has it</option>
            {Object.entries(augmentations).map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        )}
      </Field>
      {numbers.map(({ name, label, about, min, isWhole }) => (
        <Field key={name} label={label} about={about}>
          {(control) => (
            <input
              {...control}
              type="number"
              min={min}
              step={isWhole ? 1 : 'any'}
              value={settings.value[name] ?? ''}
              onInput={({ currentTarget: { valueAsNumber } }) => {
                set({ [name]: Number.isNaN(valueAsNumber) ? undefined : valueAsNumber });
              }}
            />
          )}
        </Field>
      ))}
    </details>
  );
}

function isAugment(text: string): text is Augment {
  return Object.hasOwn(augmentations, text);
}
