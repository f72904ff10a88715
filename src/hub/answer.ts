import { shortened } from '../base/quoted.ts';

export interface HubRequest {
  readonly method: 'HEAD' | 'GET';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Where the token may go. */
  readonly endpoint: URL;
  readonly token: string | undefined;
}

/** An answer, and the address that gave it. */
export interface HubAnswer {
  readonly response: Response;
  readonly url: URL;
  /** Bytes of the body, if that is certain. */
  readonly length: number | undefined;
  /** As far as it is to be seen: for progress. */
  readonly likelyLength: number | undefined;
  /** What the server calls this version of the file, if it names it for certain and can be asked to go on with the very same. */
  readonly validator: string | undefined;
  /** Whether headers may be there that are not to be seen, as in pages those of other sites. */
  readonly hidesHeaders: boolean;
}

/** An answer of which all headers are to be seen. */
export function openAnswer(response: Response, url: URL): HubAnswer {
  const { headers } = response;
  const text = headers.get('content-length');
  const length = text === null || isPacked(headers) ? undefined : Number(text);
  const etag = headers.get('etag');
  const validator = etag?.startsWith('"') === true ? etag : undefined;
  return { response, url, length, likelyLength: length, validator, hidesHeaders: false };
}

/** Lets go of an answer whose body is not wanted. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/** Whether an answer was compressed on its way, so that its length is not the file's. */
export function isPacked(headers: Headers): boolean {
  return (headers.get('content-encoding') ?? 'identity') !== 'identity';
}

/** An address for messages: what follows the path may be a signature that opens the file for anyone. */
export function show(url: URL): string {
  return shortened(`${url.origin}${url.pathname}`, 300);
}
