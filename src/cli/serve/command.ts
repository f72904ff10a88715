import { Option, type Command } from 'commander';
import { withExamples } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { withPictureFlags } from '../flags/pictures.ts';
import { each, hostName, integer, number, oneOf, origin, path, word } from '../flags/values.ts';
import { weightsArgument, withWeightsFlags } from '../flags/weights.ts';
import { defaultLimits } from '../../serve/limits.ts';
import { defaults, logLevels } from './defaults.ts';
import type { ServeFlags } from './settings.ts';

export function define(command: Command): void {
  const served = command
    .argument('<weights...>', `${weightsArgument}; several are served side by side`, each(path('weights')))
    .option(
      '--name <name>',
      "what clients call a model; one for each of the weights, in their order (default: the run's folder, the hub's repository or the network)",
      each(word('--name', 'a name')),
    );
  const weights = withWeightsFlags(served).option(
    '--classes <file>',
    "class names, one per line or JSON (default: the checkpoint's)",
    path('--classes'),
  );
  const address = weights
    .option(
      '--host <address>',
      'address to listen on; 0.0.0.0 is every one',
      word('--host', 'an address'),
      defaults.host,
    )
    .option(
      '--port <n>',
      'port to listen on; 0 takes a free one',
      integer('--port', 0, 65_535),
      defaults.port,
    )
    .option('--grpc-port <n>', 'port for gRPC as well', integer('--grpc-port', 0, 65_535))
    .option(
      '--cors <origin>',
      'origin whose pages may call the server, https://shop.example; may be given several times',
      each(origin('--cors')),
    );
  const callers = address
    .option(
      '--allow-host <name>',
      'name by which clients may call the server, classifier.example.org; * for any; may be given several times (default: any, and on loopback none but localhost)',
      each(hostName('--allow-host')),
    )
    .option('--tls-cert <file>', 'certificate, PEM: HTTPS, and gRPC over TLS', path('--tls-cert'))
    .option('--tls-key <file>', 'its private key, PEM', path('--tls-key'));
  const limits = withPictureFlags(
    callers
      .option(
        '--max-batch <n>',
        'pictures of several requests to compute together, at most',
        integer('--max-batch', 1, 256),
        defaults.maxBatch,
      )
      .option(
        '--max-delay <ms>',
        'milliseconds that a picture waits for others while nothing computes',
        number('--max-delay', { above: 0, below: 10_001, inclusive: true }),
        defaults.maxDelay,
      )
      .option(
        '--queue <n>',
        'pictures that may wait; further ones are answered 429',
        integer('--queue', 1, 100_000),
        defaults.queue,
      )
      .option(
        '--timeout <seconds>',
        'until a request that was accepted is answered, or given up with 504',
        number('--timeout', { above: 0, below: 3601 }),
        defaults.timeout,
      )
      .option(
        '--max-body <mib>',
        'largest body of a request, in MiB',
        integer('--max-body', 1, 1024),
        defaults.maxBody,
      ),
    defaultLimits,
  );
  const life = limits
    .option(
      '--grace <seconds>',
      'time to finish accepted requests after SIGTERM or Ctrl-C; docker stop kills after 10',
      number('--grace', { above: 0, below: 3601, inclusive: true }),
      defaults.grace,
    )
    .option(
      '--drain-delay <seconds>',
      'keep accepting for so long after SIGTERM, while readiness is false already: for load balancers that look now and then',
      number('--drain-delay', { above: 0, below: 601, inclusive: true }),
      defaults.drainDelay,
    )
    .option('--watch', 'load weights again when their file changes, as at SIGHUP', false)
    .option(
      '--processes <n>',
      'processes that share the port; the threads are divided among them',
      integer('--processes', 1, 64),
      1,
    )
    .addOption(
      new Option('--log-level <level>', `least level of the log on standard output: ${logLevels.join(', ')}`)
        .default(defaults.logLevel)
        .argParser(oneOf('--log-level', logLevels)),
    );
  withExamples(
    withEngineFlags(life),
    'serve runs/demo/best.safetensors',
    'serve runs/shoes runs/bags --name shoes --name bags --port 8000',
    'serve hf:timm/resnext50_32x4d.tv_in1k --max-batch 16 --max-delay 2 --queue 200',
    'serve best.safetensors --host 0.0.0.0 --watch --processes 2',
    'serve best.safetensors --grpc-port 9000 --cors https://shop.example',
  )
    .addHelpText(
      'after',
      '\nCARDINAL_API_KEY in the environment is the key that clients must send; without it there is none.\nSIGHUP loads the weights again. docs/serving.md has the requests and how to deploy it.',
    )
    .action(async (weights: readonly string[], flags: ServeFlags) => {
      const { serve } = await import('./run.ts');
      await serve(weights, flags);
    });
}
