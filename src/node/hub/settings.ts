import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import type { HubAccess } from '../../hub/source.ts';
import { fileError, hasCode } from '../../base/file-errors.ts';
import { readRegular } from '../regular-file.ts';

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What huggingface_hub reads from the environment (its `constants.py`), as far as downloads need it. */
export interface HubSettings extends HubAccess {
  readonly cacheDir: string;
  /** No requests: only what is in the cache. */
  readonly offline: boolean;
  /** Whether snapshots may link to blobs; otherwise they hold the files. */
  readonly symlinks: boolean;
}

/** Reads the environment. Throws a `UsageError` if a variable makes no sense; a token is never part of a message. */
export async function readSettings(env: Environment, cacheDir?: string): Promise<HubSettings> {
  // An empty variable is none.
  const first = (...names: readonly string[]): string | undefined =>
    names.map((name) => env[name]).find((text) => text !== undefined && text !== '');
  const home = first('HOME', 'USERPROFILE') ?? homedir();
  const path = (...names: readonly string[]): string | undefined =>
    first(...names)?.replace(/^~(?=$|[\\/])/, () => home);
  const hfHome = path('HF_HOME') ?? join(path('XDG_CACHE_HOME') ?? join(home, '.cache'), 'huggingface');
  return {
    endpoint: readEndpoint(first('HF_ENDPOINT') ?? 'https://huggingface.co'),
    cacheDir: cacheDir ?? path('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? join(hfHome, 'hub'),
    token: isTrue(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])
      ? undefined
      : await readToken(env, path('HF_TOKEN_PATH') ?? join(hfHome, 'token')),
    offline: isTrue(first('HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE')),
    symlinks: !isTrue(env['HF_HUB_DISABLE_SYMLINKS']),
  };
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes(value?.toUpperCase() ?? '');
}

function readEndpoint(value: string): URL {
  if (!URL.canParse(value)) {
    throw new UsageError(
      `HF_ENDPOINT is ${JSON.stringify(value)}: expected a URL such as https://huggingface.co`,
    );
  }
  const url = new URL(value.replace(/\/+$/, ''));
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new UsageError(`HF_ENDPOINT has the protocol ${url.protocol} expected https: or http:`);
  }
  // Whatever is in an address ends up in messages, and fetch refuses such addresses.
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(`HF_ENDPOINT holds a user or a password: expected none, put a token in HF_TOKEN`);
  }
  return url;
}

async function readToken(env: Environment, path: string): Promise<string | undefined> {
  const given = clean(env['HF_TOKEN']) ?? clean(env['HUGGING_FACE_HUB_TOKEN']);
  if (given !== undefined) return requireHeader(given, 'HF_TOKEN');
  try {
    const token = clean(new TextDecoder().decode(await readRegular(path, 65_536)));
    return token === undefined ? undefined : requireHeader(token, path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileError('read', path, error);
  }
}

function clean(token: string | undefined): string | undefined {
  const text = token?.trim();
  return text === '' ? undefined : text;
}

/** A token becomes a line of a request: what could end the line must not be in it. */
function requireHeader(token: string, where: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UsageError(`${where} holds something that is no token: expected letters and digits in one line`);
}
