import { sizeOf } from '../../base/shape.ts';
import { VERSION } from '../../base/version.ts';
import type { Description } from '../../train/description.ts';
import { trainingOf } from '../describe.ts';
import type { Trained } from '../trained.ts';
import { htmlNetworks, type HtmlNetworks } from './files.ts';

/** What a classifier's HTML file says of itself, beside what its weights say. */
export interface HtmlFacts {
  /** What the page is called. */
  readonly title: string;
  /** Of the package that wrote it. */
  readonly version: string;
  /** The registry's name of the network. */
  readonly network: string;
  /** Which scripts are in it. */
  readonly networks: HtmlNetworks;
  /** Numbers that training found. */
  readonly parameters: number;
  readonly trained?: Description['trained'];
  /** Pictures trained on. */
  readonly pictures?: number | undefined;
  readonly origin?: string | undefined;
  readonly licence?: string | undefined;
}

export function htmlFacts(trained: Trained, title: string): HtmlFacts {
  const { model, description, pictures, origin, licence } = trained;
  const parameters = model.parameters().reduce((all, { shape }) => all + sizeOf(shape), 0);
  return {
    ...{ title, version: VERSION, network: description.name, networks: htmlNetworks(trained), parameters },
    ...{ trained: trainingOf(trained), pictures: pictures?.[0]?.count, origin, licence },
  };
}
