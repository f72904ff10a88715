import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/base/errors.ts';
import { formatHubName, isHubName, parseHubName } from '../../../src/hub/name.ts';
import { readSettings } from '../../../src/node/hub/settings.ts';

describe('a name on the hub', () => {
  test.each([
    ['hf:timm/resnext50_32x4d.tv_in1k', 'timm', 'resnext50_32x4d.tv_in1k', 'main', undefined],
    ['hf:timm/net/model.safetensors', 'timm', 'net', 'main', 'model.safetensors'],
    ['hf:timm/net@v1.0/a/b c/d@e.bin', 'timm', 'net', 'v1.0', 'a/b c/d@e.bin'],
    ['hf:timm/net@refs%2Fpr%2F1', 'timm', 'net', 'refs/pr/1', undefined],
  ])('%s', (text, owner, repo, revision, file) => {
    const parsed = parseHubName(text);
    expect(parsed).toEqual({ owner, repo, revision, file });
    expect(isHubName(text)).toBe(true);
    expect(formatHubName(parsed)).toBe(text);
  });

  test.each([
    ['weights.safetensors', /does not begin with hf:/],
    ['hf:', /the owner is ""/],
    ['hf:net', /the repository is ""/],
    ['hf:/net', /the owner is ""/],
    ['hf:timm/', /the repository is ""/],
    ['hf:../net', /the owner is "\.\."/],
    ['hf:timm/..', /the repository is "\.\."/],
    ['hf:timm/a--b', /the repository is "a--b"/],
    ['hf:timm/net.git', /the repository is "net\.git"/],
    ['hf:timm/a b', /the repository is "a b"/],
    ['hf:timm/net@', /the revision is ""/],
    ['hf:timm/net@a@b', /the revision is "a@b"/],
    ['hf:timm/net@..%2F..%2Fx', /the revision is/],
    ['hf:timm/net@%', /the revision is "%"/],
    ['hf:timm/net@a%00b', /the revision is/],
    ['hf:timm/net/', /the file is ""/],
    ['hf:timm/net/../../x', /the file is "\.\.\/\.\.\/x"/],
    ['hf:timm/net/a//b', /the file is "a\/\/b"/],
    ['hf:timm/net/a\\..\\b', /the file is/],
    ['hf:timm/net/C:x', /the file is "C:x"/],
    ['hf:timm/net/nul', /the file is "nul"/],
    ['hf:timm/net/a/Com1.bin', /the file is/],
    ['hf:timm/net@aux/a', /the revision is "aux"/],
    ['hf:timm/net/a.', /the file is "a\."/],
    ['hf:timm/net/a\nb', /the file is "a\\nb"/],
  ])('%j is none', (text, message) => {
    const parse = () => parseHubName(text);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
    expect(parse).toThrow(
      /^[^\n]*; expected hf:owner\/repo, hf:owner\/repo\/file or hf:owner\/repo@revision\/file$/,
    );
  });
});

describe('the environment', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'cardinal-home-'));
    await mkdir(join(home, '.cache', 'huggingface'), { recursive: true });
    await writeFile(join(home, '.cache', 'huggingface', 'token'), 'hf_file\n');
    await writeFile(join(home, 'token'), ' hf_other ');
    await writeFile(join(home, 'bad'), 'two\nlines');
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  test.each([
    [{}, ['.cache', 'huggingface', 'hub']],
    [{ XDG_CACHE_HOME: '~/xdg' }, ['xdg', 'huggingface', 'hub']],
    [{ XDG_CACHE_HOME: '~/xdg', HF_HOME: '~/hf' }, ['hf', 'hub']],
    [{ HF_HOME: '~/hf', HUGGINGFACE_HUB_CACHE: '~/old' }, ['old']],
    [{ HF_HOME: '~/hf', HUGGINGFACE_HUB_CACHE: '~/old', HF_HUB_CACHE: '~/new' }, ['new']],
    [{ HF_HUB_CACHE: '', HF_HOME: '' }, ['.cache', 'huggingface', 'hub']],
  ])('%j: where the cache is', async (env, path) => {
    expect((await readSettings({ HOME: home, ...env })).cacheDir).toBe(join(home, ...path));
  });

  test('without HOME has the system’s', async () => {
    expect((await readSettings({ HF_TOKEN: 'x' })).cacheDir).toBe(
      join(homedir(), '.cache', 'huggingface', 'hub'),
    );
  });

  test('gives way to the cache that is asked for', async () => {
    expect((await readSettings({ HOME: home, HF_HUB_CACHE: '/a' }, '/b')).cacheDir).toBe('/b');
  });

  test.each([
    [{}, 'hf_file'],
    [{ HF_TOKEN_PATH: '~/token' }, 'hf_other'],
    [{ HF_TOKEN: ' hf_given\n', HF_TOKEN_PATH: '~/token' }, 'hf_given'],
    [{ HUGGING_FACE_HUB_TOKEN: 'hf_old' }, 'hf_old'],
    [{ HF_HOME: '~/nowhere' }, undefined],
    [{ HF_TOKEN: 'hf_given', HF_HUB_DISABLE_IMPLICIT_TOKEN: 'yes' }, undefined],
  ])('%j: the token', async (env, token) => {
    expect((await readSettings({ HOME: home, ...env })).token).toBe(token);
  });

  test.each([{ HF_TOKEN: 'a\r\nHost: evil' }, { HF_TOKEN_PATH: '~/bad' }])(
    '%j: no token, and it is not repeated',
    async (env) => {
      const failed = readSettings({ HOME: home, ...env });
      await expect(failed).rejects.toThrow(
        / holds something that is no token: expected letters and digits in one line$/,
      );
      await expect(failed).rejects.not.toThrow(/evil|lines$/);
    },
  );

  test.each([
    [{}, 'https://huggingface.co/'],
    [{ HF_ENDPOINT: 'http://mirror.example:8080/hf//' }, 'http://mirror.example:8080/hf'],
  ])('%j: the endpoint', async (env, endpoint) => {
    expect((await readSettings({ HOME: home, ...env })).endpoint.href).toBe(endpoint);
  });

  test.each(['nonsense', 'ftp://mirror.example', 'https://user:secret@mirror.example'])(
    'HF_ENDPOINT=%s is refused',
    async (value) => {
      const failed = readSettings({ HOME: home, HF_ENDPOINT: value });
      await expect(failed).rejects.toThrow(UsageError);
      await expect(failed).rejects.toThrow(/^HF_ENDPOINT (?!.*secret).*expected/);
    },
  );

  test.each([
    [{ HF_HUB_OFFLINE: '1' }, true],
    [{ HF_HUB_OFFLINE: 'true' }, true],
    [{ TRANSFORMERS_OFFLINE: 'YES' }, true],
    [{ HF_HUB_OFFLINE: '0' }, false],
    [{}, false],
  ])('%j: offline', async (env, offline) => {
    expect((await readSettings({ HOME: home, ...env })).offline).toBe(offline);
  });
});
