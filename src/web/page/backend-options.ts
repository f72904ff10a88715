import { flag, oneOf, wholeFrom, type Kinds } from '../../base/options.ts';
import { scriptUrls, type Networks, type ScriptUrls } from '../scripts.ts';
import { url } from './url.ts';

/** How a backend of a page computes. */
export interface WebBackendOptions {
  /**
   * Threads that compute: at most 64, or as many as the machine has processors. Default: as many as it has, at most 16. Where the page is
   * not cross-origin isolated there is one, and `about` says so.
   */
  readonly threads?: number | undefined;
  /** The build of the kernels. Default: `relaxed`, where the browser has relaxed SIMD. */
  readonly kernels?: 'relaxed' | 'simd' | undefined;
  /**
   * URL of a folder with the folders `web/` and `kernels/` of the package's `dist`, relative to the page. Default: where the bundler or the
   * server of the package put them.
   */
  readonly base?: string | URL | undefined;
  /**
   * URLs of single files, absolute, in place of where `base` has them: for pages that carry them within, as Blobs, or whose build renames
   * them. Those of `networks`, where these are named.
   */
  readonly scripts?: ScriptUrls | undefined;
  /**
   * Networks that its scripts are for. Default `resnext`: small scripts for ResNets, ResNeXts and their relatives; when anything asks for
   * more, the complete ones are loaded and take over. `all`: begin with these.
   */
  readonly networks?: Networks | undefined;
  /** Start the script that can train. Default true; without, it is smaller. */
  readonly training?: boolean | undefined;
}

export const backendKinds: Kinds<WebBackendOptions> = {
  threads: wholeFrom(1),
  kernels: oneOf('relaxed', 'simd'),
  base: url,
  scripts: scriptUrls,
  networks: oneOf('resnext', 'all'),
  training: flag,
};
