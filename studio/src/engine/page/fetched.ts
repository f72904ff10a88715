import { CardinalError } from 'cardinal-nn';
import { messageOf } from '../../parts/message-of.ts';

/** Fetches a file that lies beside the page. Throws a `CardinalError` that names it by `what` if it is not there. */
export async function fetched(url: URL, what: string): Promise<Blob> {
  const answer = await fetch(url).catch((error: unknown) => {
    throw new CardinalError(
      `${what} could not be loaded from ${url.href}: is the server there? (${messageOf(error)})`,
    );
  });
  if (answer.ok) return answer.blob();
  throw new CardinalError(
    `${what} is not beside the page: ${answer.status} for ${url.href}; copy the whole folder of the studio to the server`,
  );
}
