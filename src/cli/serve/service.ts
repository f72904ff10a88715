import type { FastifyInstance } from 'fastify';
import { withUndo } from '../../base/endings.ts';
import { isHubName } from '../../hub/name.ts';
import { createNodeBackend } from '../../node/backend.ts';
import { contextOf, createServer } from '../../serve/create-server.ts';
import type { RunningGrpc } from '../../serve/grpc/start.ts';
import { defaultLimits } from '../../serve/limits.ts';
import { ServedModels } from '../../serve/models/served-models.ts';
import { givenLimits } from '../flags/pictures.ts';
import { showDownloads } from '../loading.ts';
import { writeLines } from '../output/lines.ts';
import { announcementLines } from './announce.ts';
import { eventLines, logEvent } from './event-lines.ts';
import { listenError } from './listen.ts';
import { hostsOf, threadsOf, type ServeFlags, type Settings } from './settings.ts';
import type { Running } from './until-stopped.ts';

/** Models that answer requests on a port. */
export interface Service extends Running {
  /** For people: what is served where. */
  readonly lines: readonly string[];
  /** Its metrics, as prom-client's registry lists them. */
  samples(): Promise<readonly object[]>;
}

export interface ServiceOptions {
  /** Lines for people: what happens to the models. */
  readonly say: (line: string) => void;
  /** What `/metrics` answers. Default: what this process counts. */
  readonly metrics?: (() => Promise<string>) | undefined;
}

/** Loads the models and listens. Throws a `CardinalError` if that cannot be; then nothing is left. */
export async function startService(settings: Settings, options: ServiceOptions): Promise<Service> {
  const { flags } = settings;
  return withUndo(async (undo) => {
    const models = await loadModels(settings, options);
    undo.add(() => models.close());
    const app = await createServer({ ...serverOptions(settings), models });
    undo.add(() => app.close());
    const { metrics } = contextOf(app);
    if (options.metrics !== undefined) metrics.renderBy(options.metrics);
    models.listen((event) => {
      logEvent(app.log, event);
    });
    const grpc = await listenForGrpc(app, flags);
    undo.add(() => grpc?.close());
    const port = await listen(app, flags);
    if (flags.watch) models.watch();
    return {
      lines: announcementLines({
        ...{ host: flags.host, port, grpcPort: grpc?.port, hasKey: settings.key !== undefined },
        hasTls: settings.tls !== undefined,
        models: models.names.map((name) => {
          const { architecture, classes, input } = models.find(name).about;
          return { name, architecture, classes: classes.length, input };
        }),
      }),
      samples: () => metrics.samples(),
      reload: () => models.reload(),
      stop: async () => {
        // It waits for calls of both protocols.
        await app.close();
        await grpc?.close();
        await models.close({ drain: true });
      },
    };
  });
}

async function loadModels({ flags, sources }: Settings, { say }: ServiceOptions): Promise<ServedModels> {
  const { backend: name, blas } = flags;
  const threads = threadsOf(flags);
  const downloads = await showDownloads(sources.some(({ weights }) => isHubName(String(weights))));
  try {
    return await ServedModels.load(sources, {
      hub: downloads.hub,
      backend: () => createNodeBackend({ name, threads, blas, isolated: true }),
      onEvent: (event) => {
        downloads.stop();
        for (const line of eventLines(event)) say(line);
      },
    });
  } finally {
    downloads.stop();
  }
}

function serverOptions({ flags, key, tls }: Settings): Omit<Parameters<typeof createServer>[0], 'models'> {
  const { cors, queue, timeout, grace, drainDelay, logLevel } = flags;
  const bodyBytes = flags.maxBody * 2 ** 20;
  return {
    ...{ key, tls, cors, queue, timeout, grace, drainDelay, bodyBytes, allowedHosts: hostsOf(flags) },
    ...givenLimits(flags),
    heldBytes: Math.max(defaultLimits.heldBytes, 2 * bodyBytes),
    logger: {
      level: logLevel,
      stream: {
        write: (line) => {
          writeLines(process.stdout, line.trimEnd());
        },
      },
    },
  };
}

/** Gives the port. Throws a `CardinalError` if it cannot listen there. */
async function listen(app: FastifyInstance, { host, port }: ServeFlags): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenError(error, { host, port, flag: '--port' });
  }
  const bound = app.server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

async function listenForGrpc(
  app: FastifyInstance,
  { host, grpcPort: port }: ServeFlags,
): Promise<RunningGrpc | undefined> {
  if (port === undefined) return undefined;
  const { startGrpc } = await import('../../serve/grpc/start.ts');
  return startGrpc(app, { host, port });
}
