import type { JSX } from 'preact';
import { percent } from '../parts/numbers.ts';
import { Canvas } from './canvas.tsx';
import { drawn } from './draw.ts';
import { explained, label, method, network, pixels } from './state.ts';
import { Answered } from './waiting.tsx';

const methods = [
  ['grad-cam', 'Where it looks (Grad-CAM)'],
  ['occlusion', 'What it needs (covering one part after the other)'],
] as const;

/** The picture, what it is taken for, and what speaks for a class. */
export function Why(): JSX.Element {
  return (
    <section class="inside-why" aria-labelledby="inside-why">
      <h2 id="inside-why">What speaks for the class</h2>
      <fieldset>
        <legend class="hint">
          The brighter a place, the more it speaks for the class; dark is what the network did not see.
        </legend>
        {methods.map(([value, title]) => (
          <label key={value}>
            <input
              type="radio"
              name="method"
              checked={method.value === value}
              onChange={() => {
                method.value = value;
              }}
            />{' '}
            {title}
          </label>
        ))}
      </fieldset>
      <div class="inside-pictures">
        <Answered answer={pixels.answer} what="Reading the picture">
          {(picture) => (
            <>
              <Canvas image={drawn(picture, undefined)} title="The picture" />
              <Answered answer={explained.answer} what="Explaining">
                {(found) => (
                  <Canvas
                    image={drawn(picture, found)}
                    title={`What speaks for ${nameOf(found.label)}, in colours`}
                  />
                )}
              </Answered>
            </>
          )}
        </Answered>
        <Answered answer={explained.answer} what="Classifying">
          {({ top, label: shown }) => (
            <ol class="inside-classes" aria-label="Likeliest classes; choose one to see what speaks for it">
              {top.map(({ label: of, class: name, probability }) => (
                <li key={of}>
                  <button
                    type="button"
                    aria-pressed={of === shown}
                    onClick={() => {
                      label.value = of;
                    }}
                  >
                    {name} <span>{percent(probability)}</span>
                  </button>
                  <span class="inside-bar" style={{ width: `${100 * probability}%` }} />
                </li>
              ))}
            </ol>
          )}
        </Answered>
      </div>
    </section>
  );
}

/** A class in words. */
export function nameOf(of: number): string {
  const { value: about } = network.answer;
  return (about.kind === 'there' ? about.value.classes[of] : undefined) ?? String(of);
}
