import { describe, expect, test } from 'vitest';
import { failure, fetchWeights, name, setUpEach, setup, small } from '../../support/hub-download.ts';

setUpEach();

describe('a hub that says', () => {
  const answer = (status: number, head: Record<string, string> = {}, times = Infinity) => {
    let left = times;
    setup.hub.behaviour = ({ host }, response) => {
      if (host !== 'hub' || left-- <= 0) return false;
      response.writeHead(status, head).end();
      return true;
    };
  };

  test('gated: what to accept, and the token', async () => {
    answer(403, { 'x-error-code': 'GatedRepo' });
    expect(await failure()).toBe(
      `${name} is gated: accept its terms at ${setup.hub.endpoint}/timm/net, and set HF_TOKEN to a token of that account`,
    );
    expect(setup.hub.seen.length).toBe(1);
  });

  test.each([401, 403])('%i: the token', async (status) => {
    answer(status);
    expect(await failure()).toMatch(/refuses hf:timm\/net\/model\.safetensors \(40[13]\): .*set HF_TOKEN/);
    expect(await failure({ env: { HF_TOKEN: 'hf_secret' } })).toMatch(
      /or HF_TOKEN is of no account that may read it$/,
    );
  });

  test('404: what was looked for, where', async () => {
    expect(await failure({}, 'hf:timm/net/other.bin')).toBe(
      `there is no hf:timm/net/other.bin: nothing at ${setup.hub.endpoint}/timm/net/resolve/main/other.bin`,
    );
    expect(await failure({}, 'hf:timm/nett/other.bin')).toMatch(
      /^there is no repository for hf:timm\/nett\/other\.bin on/,
    );
    expect(await failure({}, 'hf:timm/net@v2/other.bin')).toMatch(
      /^there is no such revision for hf:timm\/net@v2\/other\.bin/,
    );
    expect(setup.pauses).toEqual([]);
  });

  test('429 with Retry-After: waits as long as it says', async () => {
    answer(429, { 'retry-after': '7' }, 2);
    await fetchWeights();
    expect(setup.pauses).toEqual([7000, 7000]);
  });

  test('429 with the hub’s own header: waits as long as it says', async () => {
    answer(429, { ratelimit: '"resolvers";r=0;t=55' }, 1);
    await fetchWeights();
    expect(setup.pauses).toEqual([55_000]);
  });

  test('429 for an hour: does not wait', async () => {
    answer(429, { 'retry-after': '3600' });
    expect(await failure()).toMatch(
      /asks for fewer requests \(429\) for 3600 s: try again later, or set HF_TOKEN/,
    );
    expect(setup.pauses).toEqual([]);
  });

  test.each([500, 502, 503])('%i: tries again with longer pauses, then gives up', async (status) => {
    answer(status, {}, 3);
    await fetchWeights();
    expect(setup.pauses).toEqual([1, 2, 3]);
    setup.hub.files.set('b', { bytes: small, large: true });
    answer(status);
    expect(await failure({}, 'hf:timm/net/b')).toMatch(
      /is in trouble \(50\d\) .*: try again later; tried 5 times$/,
    );
  });

  test('go round in circles: stops', async () => {
    setup.hub.behaviour = ({ path }, response) => {
      response.writeHead(302, { location: path }).end();
      return true;
    };
    expect(await failure()).toMatch(/redirects more than 10 times/);
    expect(setup.hub.seen.length).toBe(11);
  });

  test.each(['file:///etc/passwd', 'http://'])('go to %s: refused', async (location) => {
    answer(302, { location });
    expect(await failure()).toMatch(/redirects to what is no web address$/);
  });
});
