import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cardinal } from '../cli/cardinal.ts';

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'cardinal-studio-command-'));
});

afterAll(async () => {
  await rm(cwd, { recursive: true, force: true });
});

describe('cardinal studio', () => {
  test('prints an address that answers, and ends cleanly at Ctrl-C', async () => {
    const { code, stdout, stderr } = await cardinal(
      ['studio', '--no-open', '--port', '0', '--threads', '1', '--no-blas'],
      {
        cwd,
        onStderr: (child, text) => {
          if (text.includes('Ctrl-C ends it')) child.kill('SIGINT');
        },
      },
    );
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}\n$/);
    expect(stderr).toContain('the studio computes with 1 thread');
    expect(code).toBe(130);
  });

  test('says in a line that a path is missing', async () => {
    const { code, stderr } = await cardinal(['studio', 'nowhere', '--no-open', '--port', '0'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'cardinal: nowhere is not there: expected data, a run, or weights\n',
    });
  });

  test('says in a line that a port is in use', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const { code, stderr } = await cardinal(['studio', '--no-open', '--port', String(port)], { cwd });
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `cardinal: cannot listen on 127.0.0.1:${port}: the port is in use; give another with --port (0 takes any that is free)\n`,
      });
    } finally {
      server.close();
    }
  });
});
