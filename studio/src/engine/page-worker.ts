/** The engine of pages on a static host: the same answers as this machine's, in a worker of the page. */
import { portOf, serve, studioHandlers } from 'cardinal-nn/studio';
import { WebStudio } from './page/web-studio.ts';

/** Told to the page once: from then on it may ask. */
export type Begun = { readonly begun: true } | { readonly begun: false; readonly message: string };

/** Of a worker, which the page's types do not know. */
declare const self: Parameters<typeof portOf>[0] & { postMessage(message: Begun): void };

const tell = (begun: Begun): void => {
  self.postMessage(begun);
};

try {
  const platform = await WebStudio.create();
  serve(portOf(self), studioHandlers(platform));
  tell({ begun: true });
} catch (error) {
  tell({ begun: false, message: error instanceof Error ? error.message : String(error) });
}
