import { UsageError } from '../base/errors.ts';
import { isPathPart } from '../base/path-part.ts';
import { datasetPrefix } from '../data/address.ts';

/** A repository on the hub and, if one is named, a file in it. */
export interface HubName {
  readonly owner: string;
  readonly repo: string;
  /** A branch, a tag or a commit; `main` unless named. */
  readonly revision: string;
  /** With `/` between folders. */
  readonly file: string | undefined;
  /** Whether it is data; else it is weights. */
  readonly isDataset?: boolean | undefined;
}

const prefix = 'hf:';
const form = 'hf:owner/repo, hf:owner/repo/file or hf:owner/repo@revision/file';

/** Whether a text names something on the hub rather than a path. */
export function isHubName(text: string): boolean {
  // A plain JavaScript caller may ask it of anything.
  return typeof (text as unknown) === 'string' && text.startsWith(prefix);
}

/**
 * Reads `hf:owner/repo[@revision][/file]`. A revision with slashes has them written as `%2F` (`@refs%2Fpr%2F1`). Every
 * part ends up in a path of the cache, so what could lead elsewhere is refused. Throws a `UsageError`.
 */
export function parseHubName(text: string): HubName {
  if (!isHubName(text)) refuse(text, `it does not begin with ${prefix}`);
  const [owner, repoAndRevision = '', ...folders] = text.slice(prefix.length).split('/');
  const [repo, encoded = 'main', ...rest] = repoAndRevision.split('@');
  if (!isIdentifier(owner)) refuse(text, `the owner is ${JSON.stringify(owner)}`);
  if (!isIdentifier(repo)) refuse(text, `the repository is ${JSON.stringify(repo)}`);
  const revision = decode(encoded);
  if (revision === undefined || rest.length > 0 || !revision.split('/').every(isPathPart)) {
    refuse(text, `the revision is ${JSON.stringify([encoded, ...rest].join('@'))}`);
  }
  if (!folders.every(isPathPart)) refuse(text, `the file is ${JSON.stringify(folders.join('/'))}`);
  return { owner, repo, revision, file: folders.length === 0 ? undefined : folders.join('/') };
}

function refuse(text: string, what: string): never {
  throw new UsageError(`${JSON.stringify(text)} is no name on the hub: ${what}; expected ${form}`);
}

/** A data set on the hub, and which of its splits. */
export interface DatasetName {
  readonly name: HubName;
  readonly split: string | undefined;
}

/** Reads `hf:datasets/owner/name[@revision][/folder][:split]`; the folder is the name's `file`. Throws a `UsageError`. */
export function parseDatasetName(text: string): DatasetName {
  const match = text.startsWith(datasetPrefix)
    ? /^([^:]*)(?::([^/:@]+))?$/.exec(text.slice(datasetPrefix.length))
    : null;
  if (match === null) {
    throw new UsageError(
      `${JSON.stringify(text)} names no data on the hub: expected ${datasetPrefix}owner/name, with @revision, /folder or :split behind it`,
    );
  }
  const [, rest, split] = match as readonly (string | undefined)[];
  return { name: { ...parseHubName(`${prefix}${rest ?? ''}`), isDataset: true }, split };
}

/** `hf:owner/repo@revision/file`, which `parseHubName` reads back. */
export function formatHubName({ owner, repo, revision, file, isDataset }: HubName): string {
  const at = revision === 'main' ? '' : `@${revision.replaceAll('/', '%2F')}`;
  return `${isDataset === true ? datasetPrefix : prefix}${owner}/${repo}${at}${file === undefined ? '' : `/${file}`}`;
}

/** Whether a revision is a commit, whose files never change. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** The hub's own rule (huggingface_hub, `validate_repo_id`). `--` would be ambiguous in the cache's folder names. */
function isIdentifier(text: string): boolean {
  return /^\w(?:[\w.-]{0,94}\w)?$/.test(text) && !/--|\.\.|\.git$/.test(text);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
