import { Command } from 'commander';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { define } from '../../src/cli/serve/command.ts';
import { hostsOf, keyOf, sourcesOf, threadsOf, type ServeFlags } from '../../src/cli/serve/settings.ts';
import { tlsOf } from '../../src/cli/serve/tls.ts';
import { defaultThreads } from '../../src/node/threads.ts';

/** What the command makes of a line of arguments. */
async function read(...args: readonly string[]): Promise<{ weights: readonly string[]; flags: ServeFlags }> {
  const command = new Command('serve').exitOverride().configureOutput({ writeErr: () => undefined });
  define(command);
  command.action(() => undefined);
  await command.parseAsync([...args], { from: 'user' });
  return { weights: command.processedArgs[0] as readonly string[], flags: command.opts<ServeFlags>() };
}

describe('arguments of serve', () => {
  it('are several weights, each with its name, and what they do not say themselves', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cardinal-serve-flags-'));
    const file = join(folder, 'names.txt');
    await writeFile(file, 'a\nb\n');
    const { weights, flags } = await read(
      ...['a.pth', '--name', 'one', 'b.pth', '--name', 'two', '--cors', 'https://a.example', '--cors', '*'],
      ...['--model', 'resnet18', '--set', 'numClasses=2', '--mean', '0,0,0', '--classes', file],
    );
    expect(weights).toEqual(['a.pth', 'b.pth']);
    expect(flags.cors).toEqual(['https://a.example', '*']);
    const sources = await sourcesOf(weights, flags);
    await rm(folder, { recursive: true });
    expect(sources).toMatchObject([
      { weights: 'a.pth', name: 'one', model: 'resnet18', classes: ['a', 'b'], mean: [0, 0, 0] },
      { weights: 'b.pth', name: 'two', model: 'resnet18', options: { numClasses: 2 } },
    ]);
  });

  it('have values for whoever gives none, on this machine alone', async () => {
    const { flags } = await read('a.pth');
    expect(flags).toMatchObject({ host: '127.0.0.1', port: 8080, processes: 1, maxBatch: 8, maxDelay: 0 });
    expect(flags.watch).toBe(false);
    // docker stop kills after ten seconds.
    expect(flags.grace).toBeLessThan(10);
    expect(await sourcesOf(['a.pth'], flags)).toMatchObject([
      { weights: 'a.pth', name: undefined, maxBatch: 8, maxDelay: 0 },
    ]);
  });

  it.each([
    [['a.pth', '--port', '70000'], "--port: expected an integer from 0 to 65535, got '70000'"],
    [['a.pth', '--max-batch', '0'], "--max-batch: expected an integer from 1 to 256, got '0'"],
    [
      ['a.pth', '--max-delay', '-1'],
      "--max-delay: expected a number of at least 0 and below 10001, got '-1'",
    ],
    [['a.pth', '--processes', '1.5'], "--processes: expected an integer from 1 to 64, got '1.5'"],
    [['a.pth', '--log-level', 'loud'], "--log-level: expected error or warn or info or debug, got 'loud'"],
    [['a.pth', ''], "weights: expected a path, got ''"],
    [['a.pth', '--host', ''], "--host: expected an address, got ''"],
    [['a.pth', '--name', ''], "--name: expected a name, got ''"],
    [
      ['a.pth', '--cors', 'shop.example'],
      "--cors: expected an origin such as https://shop.example, or *, got 'shop.example'",
    ],
    [
      ['a.pth', '--allow-host', 'shop.example:80'],
      "--allow-host: expected the name of a host without a port, or *, got 'shop.example:80'",
    ],
  ])('%j are refused', async (args, message) => {
    await expect(read(...args)).rejects.toThrow(new UsageError(message));
  });

  it('name each model or none, and differently', async () => {
    const { weights, flags } = await read('a.pth', 'b.pth', '--name', 'one');
    await expect(sourcesOf(weights, flags)).rejects.toThrow(
      '--name: expected one for each of the weights, in their order, got 1 for 2',
    );
    const twice = await read('a.pth', 'b.pth', '--name', 'one', '--name', 'one');
    await expect(sourcesOf(weights, twice.flags)).rejects.toThrow(
      "expected names that differ, got 'one' twice",
    );
  });

  it('take a key from the environment alone, and no empty one', () => {
    expect(keyOf({})).toBeUndefined();
    expect(keyOf({ CARDINAL_API_KEY: 'secret' })).toBe('secret');
    expect(() => keyOf({ CARDINAL_API_KEY: 'a b' })).toThrow(/^CARDINAL_API_KEY: expected letters/);
    expect(() => keyOf({ CARDINAL_API_KEY: ' ' })).toThrow(
      /^CARDINAL_API_KEY is empty: give it a value, or unset/,
    );
  });

  it('name the hosts that clients may ask for', async () => {
    expect(hostsOf((await read('a.pth')).flags)).toBeUndefined();
    expect(hostsOf((await read('a.pth', '--host', '::')).flags)).toBeUndefined();
    expect(hostsOf((await read('a.pth', '--host', 'localhost')).flags)).toBeUndefined();
    const { flags } = await read(
      'a.pth',
      '--host',
      'box.lan',
      '--allow-host',
      'a.example',
      '--allow-host',
      'b',
    );
    expect(hostsOf(flags)).toEqual(['a.example', 'b', 'box.lan']);
  });

  it('have a certificate with its key, or neither', async () => {
    expect(await tlsOf({})).toBeUndefined();
    await expect(tlsOf({ tlsCert: 'cert.pem' })).rejects.toThrow(
      new UsageError('--tls-cert and --tls-key: expected both, got one'),
    );
    const here = fileURLToPath(import.meta.url);
    await expect(tlsOf({ tlsCert: here, tlsKey: here })).rejects.toThrow(
      /^--tls-cert, --tls-key: expected a certificate and its private key as PEM/,
    );
  });

  it('divide the threads among the processes', () => {
    expect(threadsOf({ processes: 1 })).toBeUndefined();
    expect(threadsOf({ processes: 4, threads: 3 })).toBe(3);
    expect(threadsOf({ processes: 2 })).toBe(Math.max(1, Math.floor(defaultThreads() / 2)));
    expect(threadsOf({ processes: 64 })).toBe(1);
  });
});
