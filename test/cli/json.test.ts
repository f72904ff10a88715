import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod/mini';
import { cardinal, root } from './cardinal.ts';

/** Runs a command with `--json`: stdout is one document and nothing else, stderr has no error. */
async function json<T>(schema: z.ZodMiniType<T>, ...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await cardinal([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return schema.parse(JSON.parse(stdout));
}

const count = z.int().check(z.nonnegative());
const model = z.object({
  name: z.string(),
  params: count,
  macs: count,
  input: z.array(count).check(z.length(3)),
});

describe('--json', () => {
  it('models agrees with the published counts', async () => {
    const models = await json(z.array(model), 'models');
    const byName = new Map(models.map(({ name, params, macs }) => [name, [params, (macs / 1e9).toFixed(3)]]));
    // torchvision's metadata.
    expect(byName.get('resnet50')).toEqual([25_557_032, '4.089']);
    expect(byName.get('resnext50_32x4d')).toEqual([25_028_904, '4.230']);
    expect(byName.get('resnext101_32x8d')).toEqual([88_791_336, '16.414']);
    expect(byName.get('resnext101_64x4d')).toEqual([83_455_272, '15.460']);
  });

  it('models takes part of a name or a pattern', async () => {
    const some = await json(z.array(model), 'models', 'resnet*_cifar');
    expect(some.length).toBeGreaterThan(3);
    for (const { name } of some) expect(name).toMatch(/^resnet.*_cifar$/);
    expect(await json(z.array(model), 'models', 'review')).toHaveLength(1);
  });

  it('summary', async () => {
    const schema = z.object({
      totalParams: count,
      multAdds: count,
      macs: count,
      rows: z.array(z.looseObject({})),
    });
    const summary = await json(
      schema,
      ...['summary', 'resnext50_32x4d.review', '--input', '2,3,224,224', '--depth', '1'],
    );
    expect(summary.totalParams).toBe(25_032_808);
    expect((summary.multAdds / 1e9).toFixed(2)).toBe('2.44');
  });

  it('summary --cost tells kinds of op and conventions as well', async () => {
    const part = z.looseObject({ macs: count, activations: count, bytes: count, parameters: count });
    const cost = z.object({
      layers: z.array(z.extend(part, { path: z.string() })),
      kinds: z.array(z.extend(part, { kind: z.string() })),
      total: part,
      conventions: z.array(z.looseObject({ id: z.string(), value: count })),
    });
    const given = await json(
      z.object({ macs: count, totalParams: count, cost }),
      ...['summary', 'resnext50_32x4d', '--cost', '--depth', '1'],
    );
    expect(given.cost.total.macs).toBe(given.macs);
    expect(given.cost.total.parameters).toBe(given.totalParams);
    const quoted = given.cost.conventions.map(({ value }) => (value / 1e9).toFixed(2));
    expect(quoted).toEqual(['4.23', '4.23', '4.23', '4.26', '4.26', '4.27', '4.29', '4.29', '8.46']);
  });

  it("tradeoff has Table 2's columns, and Table 3's networks", async () => {
    const column = z.object({ cardinality: count, width: count, groupWidth: count, parameters: count });
    const table2 = await json(z.object({ columns: z.array(column) }), 'tradeoff');
    expect(table2.columns).toEqual([
      { cardinality: 1, width: 64, groupWidth: 64, parameters: 69_632 },
      { cardinality: 2, width: 40, groupWidth: 80, parameters: 69_760 },
      { cardinality: 4, width: 24, groupWidth: 96, parameters: 69_888 },
      { cardinality: 8, width: 14, groupWidth: 112, parameters: 71_456 },
      { cardinality: 32, width: 4, groupWidth: 128, parameters: 70_144 },
    ]);
    const template = z.object({ cardinality: count, baseWidth: count, name: z.string(), source: z.string() });
    const networks = z.array(z.object({ depth: count, templates: z.array(template) }));
    const table3 = await json(z.object({ networks }), 'tradeoff', '--depth', '50,101');
    expect(table3.networks.map(({ templates }) => templates.at(-1))).toEqual([
      { cardinality: 32, baseWidth: 4, name: 'resnext50_32x4d', source: 'paper' },
      { cardinality: 32, baseWidth: 4, name: 'resnext101_32x4d', source: 'paper' },
    ]);
  });

  it('plan tells every step, every buffer and the peak', async () => {
    const schema = z.object({
      steps: z.array(
        z.looseObject({ op: z.string(), kernels: z.array(z.string()), outputs: z.array(z.string()) }),
      ),
      buffers: z.array(z.looseObject({ name: z.string(), offset: count, bytes: count })),
      peakBytes: count,
      fusions: z.record(z.string(), count),
    });
    const plan = await json(
      schema,
      'plan',
      'resnet20_cifar',
      '--train',
      '--batch',
      '4',
      '--backend',
      'reference',
    );
    expect(plan.steps.some(({ op }) => op === 'sgd')).toBe(true);
    expect(plan.fusions['batch_norm + relu']).toBeGreaterThan(0);
    for (const { offset, bytes } of plan.buffers) expect(offset + bytes).toBeLessThanOrEqual(plan.peakBytes);
  });

  it('verify, with exit code 1 for what is damaged', async () => {
    const found = z.object({
      path: z.string(),
      damaged: count,
      checks: z.array(
        z.strictObject({
          file: z.string(),
          what: z.string(),
          result: z.enum(['ok', 'doubtful', 'damaged']),
          checksum: z.nullable(z.string()),
          notes: z.array(z.string()),
        }),
      ),
    });
    const fixtures = 'test/fixtures/pytorch';
    const { damaged, checks } = await json(found, 'verify', `${fixtures}/zip-views.pth`);
    expect(damaged).toBe(0);
    expect(checks).toMatchObject([{ result: 'ok', checksum: 'CRC-32' }]);
    const torn = join(await mkdtemp(join(tmpdir(), 'cardinal-json-')), 'torn.pth');
    await writeFile(torn, (await readFile(join(root, fixtures, 'zip-views.pth'))).subarray(0, -40));
    const { code, stdout } = await cardinal(['verify', torn]);
    await rm(dirname(torn), { recursive: true });
    expect(code).toBe(1);
    expect(stdout).toMatch(/torn\.pth +damaged[^]*1 file verified: 1 damaged\n$/);
  });

  it('doctor', async () => {
    const schema = z.looseObject({
      node: z.string(),
      cores: z.int().check(z.positive()),
      wasm: z.object({ simd: z.boolean(), relaxedSimd: z.boolean(), threads: z.boolean() }),
      uses: z.looseObject({ threads: z.int().check(z.positive()) }),
    });
    expect((await json(schema, 'doctor')).node).toBe(process.version);
  });

  it('doctor tells of a library that cannot be used beside the rest, and fails as what computes would', async () => {
    const env = { CARDINAL_BLAS: '/nowhere/libnone.so' };
    const problem =
      /^CARDINAL_BLAS: cannot use \/nowhere\/libnone\.so: [^\n]*; name another library, or off for none$/;
    const told = await cardinal(['doctor', '--json'], { env });
    expect({ code: told.code, stderr: told.stderr }).toEqual({ code: 1, stderr: '' });
    const schema = z.looseObject({
      node: z.string(),
      blas: z.null(),
      blasProblem: z.string().check(z.regex(problem)),
    });
    expect(schema.parse(JSON.parse(told.stdout)).node).toBe(process.version);

    const { code, stdout, stderr } = await cardinal(['doctor'], { env });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^ {2}library +CARDINAL_BLAS: cannot use \/nowhere\/libnone\.so: /m);
    expect(stdout).toMatch(/^ {2}kernels +WebAssembly.*; multiply–adds rounded (once|twice)$/m);
  });
});
