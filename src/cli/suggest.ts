import { alike, nearest } from '../base/nearest.ts';

/**
 * Flags that mean the same in other programs: torchvision's references, timm, Lightning, Keras, Ultralytics, transformers. The
 * flag of a group that a command has is suggested for all the others.
 */
const synonyms: readonly (readonly string[])[] = [
  ['--model', '-m', '--arch', '-a', '--architecture', '--net', '--network', '--model-name', '--backbone'],
  ['--batch-size', '--batch', '-b', '--bs', '--batchsize', '--train-batch-size'],
  ['--lr', '--learning-rate', '--learningrate', '--base-lr', '--lr0', '--blr'],
  ['--epochs', '-e', '--epoch', '--num-epochs', '--max-epochs', '--n-epochs', '--num-train-epochs'],
  ['--weight-decay', '--wd'],
  ['--label-smoothing', '--smoothing'],
  ['--clip-norm', '--clip-grad', '--clip-grad-norm', '--grad-clip', '--max-grad-norm', '--gradient-clip-val'],
  [
    '--accumulate',
    '--accumulation-steps',
    '--grad-accum-steps',
    '--gradient-accumulation-steps',
    '--accumulate-grad-batches',
  ],
  ['--ema', '--model-ema', '--ema-decay', '--model-ema-decay'],
  ['--mixup', '--mixup-alpha'],
  ['--cutmix', '--cutmix-alpha'],
  ['--patience', '--early-stopping', '--early-stop', '--early-stopping-patience'],
  [
    '--image-size',
    '--img-size',
    '--imgsz',
    '--img',
    '--size',
    '--input-size',
    '--resolution',
    '--crop-size',
    '--train-crop-size',
  ],
  ['--val-fraction', '--val-split', '--validation-split', '--val-size', '--val-percent'],
  ['--seed', '--random-seed', '--manual-seed', '--random-state'],
  [
    '--weights',
    '--pretrained',
    '--checkpoint',
    '--ckpt',
    '--finetune',
    '--init-from',
    '--load',
    '--initial-checkpoint',
  ],
  ['--freeze', '--freeze-layers'],
  ['--checkpoint-every', '--save-every', '--save-period', '--save-steps', '--checkpoint-interval'],
  [
    '--checkpoint-activations',
    '--grad-checkpointing',
    '--gradient-checkpointing',
    '--activation-checkpointing',
  ],
  ['--resume', '--continue', '--resume-from', '--resume-from-checkpoint'],
  [
    '--out',
    '-o',
    '--output',
    '--output-dir',
    '--out-dir',
    '--outdir',
    '--save-dir',
    '--log-dir',
    '--logdir',
    '--project',
    '--run-dir',
  ],
  // Of servers these are processes, of training programs threads.
  ['--processes', '--workers', '--instances', '--replicas', '-w'],
  ['--threads', '-j', '-t', '--workers', '--num-workers', '--num-threads', '--jobs', '--cpus'],
  ['--backend', '--device', '--engine'],
  ['--top', '-k', '--topk', '--top-k'],
  ['--classes', '--labels', '--class-names', '--class-map', '--label-map', '--names'],
  ['--split', '--subset', '--partition'],
  ['--input', '--input-shape', '--shape'],
  ['--pictures', '--images', '--samples', '--subset-size', '--max-train-samples'],
  ['--seeds', '--repeats', '--num-seeds', '--repetitions'],
  ['--dry-run', '-n', '--plan'],
  ['--augment', '--augmentation', '--aug', '--aa', '--auto-augment'],
  ['--host', '--bind', '--listen', '--address', '--addr', '--ip', '-H'],
  ['--port', '-p', '--http-port', '--http_port'],
  ['--max-batch', '--max-batch-size', '--batch-size'],
  ['--max-delay', '--max-batch-delay', '--batch-timeout', '--max-queue-delay', '--max-latency'],
  ['--queue', '--queue-size', '--max-queue-size', '--backlog', '--job-queue-size'],
  ['--grace', '--grace-period', '--graceful-timeout', '--shutdown-timeout', '--exit-timeout-secs'],
  ['--watch', '--reload', '--poll', '--model-control-mode'],
  ['--verbose', '--debug', '--trace', '--stack'],
  ['--version', '-v'],
  ['--json', '--format', '--output-format'],
];

/** Flags for what Cardinal takes as an argument. */
const dataFlags: readonly string[] = [
  '--data',
  '--dataset',
  '--data-dir',
  '--data-path',
  '--data-root',
  '--train-dir',
  '-d',
];

/**
 * What was most likely meant by an unknown flag, as the end of a sentence: a flag of the same meaning, where it belongs, or one that is spelt alike;
 * undefined if there is none. `has` are the command's flags and the names of its arguments.
 */
export function didYouMean(
  given: string,
  has: { readonly flags: readonly string[]; readonly args: readonly string[] },
): string | undefined {
  const flag = given.replace(/=.*$/s, '').replaceAll('_', '-').toLowerCase();
  if (has.flags.includes(flag)) return `(Did you mean ${flag}?)`;
  const same = synonyms
    .filter((group) => group.includes(flag))
    .flat()
    .find((candidate) => has.flags.includes(candidate));
  if (same !== undefined) return `(Did you mean ${same}?)`;
  if (flag === '--labels' && has.args.some((name) => name === 'data' || name === 'source'))
    return '(only train and eval read labels from a file: give this command a folder of class folders)';
  if (dataFlags.includes(flag) && has.args.includes('data'))
    return '(the data is an argument, without a flag)';
  // Any two short flags differ by one letter, so spelling says nothing.
  if (!flag.startsWith('--')) return undefined;
  const near = nearest(flag, has.flags, 1).find((candidate) => alike(flag.slice(2), candidate.slice(2)));
  return near === undefined ? undefined : `(Did you mean ${near}?)`;
}
