import type { StudioItem } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { ChooseNetwork } from '../parts/choose-network.tsx';
import { data, items, listed, look, picture, weights } from './state.ts';
import { Answered } from './waiting.tsx';

/** Which trained network, and which picture: one of some data, or a visitor's own. */
export function Chooser(): JSX.Element {
  const id = useId();
  return (
    <section class="inside-chooser" aria-label="Network and picture">
      <Answered answer={items.answer} what="Looking for networks">
        {(all) => (
          <>
            {weights.value === undefined ? (
              <p>
                There is no trained network yet: train one in the room Train, or name its file when you start
                the studio.
              </p>
            ) : (
              <ChooseNetwork items={all} />
            )}
            <Choice
              title="Pictures"
              all={all.filter(({ kind }) => kind === 'data')}
              value={data.value}
              onChange={(value) => {
                data.value = value;
              }}
              none="No pictures were named: take one of your own."
            />
          </>
        )}
      </Answered>
      <Answered answer={listed.answer} what="Reading the list of pictures">
        {({ split, pictures }) => (
          <label class="field">
            Picture
            <select
              onChange={({ currentTarget }) => {
                const index = Number(currentTarget.value);
                if (data.value !== undefined) picture.value = { data: data.value, split, index };
              }}
            >
              <option value="" disabled selected={picture.value === undefined || 'upload' in picture.value}>
                choose …
              </option>
              {pictures.map(({ index, name }) => (
                <option key={index} value={index}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </Answered>
      <label class="field" for={id}>
        Or a picture of your own
        <input
          id={id}
          type="file"
          accept="image/*"
          onChange={({ currentTarget }) => {
            const file = currentTarget.files?.item(0);
            if (file) look(file);
          }}
        />
      </label>
    </section>
  );
}

function Choice({
  title,
  all,
  value,
  onChange,
  none,
}: {
  readonly title: string;
  readonly all: readonly StudioItem[];
  readonly value: string | undefined;
  readonly onChange: (value: string) => void;
  readonly none: string;
}): JSX.Element {
  if (all.length === 0) return <p>{none}</p>;
  return (
    <label class="field">
      {title}
      <select
        value={value}
        onChange={({ currentTarget }) => {
          onChange(currentTarget.value);
        }}
      >
        {all.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
