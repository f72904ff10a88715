import { useSignal } from '@preact/signals';
import type { ExportFormat, StudioItem } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { whenReady } from '../engine/engine.ts';
import { messageOf, useAnswer } from '../parts/answer.ts';
import { bytes } from '../parts/numbers.ts';
import { saveFile } from '../parts/save-file.ts';

const formats: readonly { readonly format: ExportFormat; readonly title: string; readonly about: string }[] =
  [
    {
      ...{ format: 'html', title: 'As a page' },
      about: 'one HTML file to send and to open by a double click: it classifies pictures, offline.',
    },
    {
      ...{ format: 'safetensors', title: 'For Cardinal' },
      about: 'safetensors: weights with classes and how pictures are prepared; other tools read them too.',
    },
    {
      format: 'pytorch',
      title: 'For PyTorch',
      about: 'a state dict with PyTorch’s names: torch.load reads it.',
    },
    {
      ...{ format: 'onnx', title: 'For everything else' },
      about: 'ONNX: the network itself, for ONNX Runtime and what builds on it.',
    },
  ];

interface DownloadsProps {
  readonly item: StudioItem;
  /** What the file for Cardinal is called. */
  readonly file: string;
}

/** The network as files. */
export function Downloads({ item, file }: DownloadsProps): JSX.Element {
  const busy = useSignal<ExportFormat | undefined>(undefined);
  const said = useSignal('');
  const error = useSignal<string | undefined>(undefined);
  const { value: sizes } = useAnswer(item.id, (engine, signal) =>
    engine.call('exportSizes', [{ weights: item.id }], { signal }),
  );
  const download = async (format: ExportFormat): Promise<void> => {
    busy.value = format;
    error.value = undefined;
    said.value = '';
    try {
      const engine = await whenReady();
      const asked = { weights: item.id, format, title: item.name.replace(/\.[a-z]+$/, '') };
      const made = await engine.call('exportWeights', [asked]);
      const name = file.replace(/\.safetensors$/, made.name.slice(made.name.lastIndexOf('.')));
      saveFile(name, new Blob([new Uint8Array(made.bytes)]));
      said.value = `${name} is in your downloads.`;
    } catch (thrown) {
      error.value = messageOf(thrown);
    }
    busy.value = undefined;
  };
  return (
    <section>
      <h2>As a file</h2>
      <ul class="downloads">
        {formats.map(({ format, title, about }) => (
          <li key={format}>
            <button type="button" disabled={busy.value !== undefined} onClick={() => void download(format)}>
              {busy.value === format ? 'Writing …' : title}
            </button>
            <span class="hint">
              {about} {sizes !== undefined && `About ${bytes(sizes[format])}.`}
            </span>
          </li>
        ))}
      </ul>
      <p role="status">{said}</p>
      {error.value !== undefined && <p role="alert">{error.value}</p>}
    </section>
  );
}
