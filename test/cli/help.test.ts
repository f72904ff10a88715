import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cardinal, root } from './cardinal.ts';

const commands = [
  'study',
  ...['explain', 'features', 'lr', 'serve', 'studio'],
  ...['demo', 'models', 'summary', 'tradeoff', 'plan', 'forecast', 'train', 'eval', 'predict'],
  ...['inspect', 'verify', 'pack', 'unpack', 'convert', 'export', 'run', 'doctor'],
];

describe('help', () => {
  it('lists every command, and every command has a file', async () => {
    const { code, stdout, stderr } = await cardinal(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    const files = globSync('*/command.ts', { cwd: `${root}/src/cli` });
    expect(files.sort()).toEqual(commands.map((command) => `${command}/command.ts`).sort());
  });

  it.each(commands)('of %s shows examples of that command', async (command) => {
    const { code, stdout, stderr } = await cardinal([command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: cardinal ${command}`);
    expect(stdout).toMatch(new RegExp(`^Examples:\\n  \\$ cardinal ${command}`, 'm'));
    expect(stdout).toContain('--verbose');
  });

  it('is what a bare call gives', async () => {
    const [bare, help] = await Promise.all([cardinal([]), cardinal(['--help'])]);
    expect(bare).toEqual(help);
  });

  it('tells the version', async () => {
    const { code, stdout } = await cardinal(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
