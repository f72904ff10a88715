import { isIPv6 } from 'node:net';
import { isLoopback } from '../../serve/safety/hosts.ts';

/** The URL by which this machine reaches a server that listens on `host`: on every address it has, if that is not one of them. */
export function urlOf(host: string, port: number, hasTls = false): string {
  const reached = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http${hasTls ? 's' : ''}://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`;
}

/** What people are told of a service that has begun. */
export interface Announcement {
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number | undefined;
  readonly hasKey: boolean;
  readonly hasTls: boolean;
  readonly models: readonly {
    readonly name: string;
    readonly architecture: string;
    readonly classes: number;
    /** [C, H, W]. */
    readonly input: readonly [number, number, number];
  }[];
}

/** What is served where, and a request to try. */
export function announcementLines({ host, port, grpcPort, hasKey, hasTls, models }: Announcement): string[] {
  const url = urlOf(host, port, hasTls);
  const key = hasKey ? ' -H "authorization: Bearer $CARDINAL_API_KEY"' : '';
  const everywhere = urlOf(host, port) === `http://localhost:${port}` && host !== 'localhost';
  return [
    ...models.map(
      ({ name, architecture, classes, input }) =>
        `serving ${name}: ${architecture === name ? '' : `${architecture}, `}${classes} classes, pictures of ${input.join('×')}`,
    ),
    `listening on ${url}${everywhere ? ` (every address, ${host})` : ''}${grpcPort === undefined ? '' : `, gRPC on port ${grpcPort}`}`,
    `  curl${key} -F image=@cat.jpg ${url}/classify`,
    `  a page to try it: ${url}/   requests: ${url}/docs   metrics: ${url}/metrics`,
  ];
}

/** What to say of a server that more can reach than are asked who they are; undefined of others. */
export function warningOf({ host, hasKey }: Pick<Announcement, 'host' | 'hasKey'>): string | undefined {
  if (hasKey || isLoopback(host)) return undefined;
  return `warning: whoever reaches ${host} may use the server: set CARDINAL_API_KEY, or keep it behind a proxy that asks who they are`;
}
