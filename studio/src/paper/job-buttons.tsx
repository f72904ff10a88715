import type { JSX } from 'preact';
import type { Job } from './job.ts';

/** Starts a job, shows how far it is, and cancels it. */
export function JobButtons({
  job,
  title,
  onStart,
  disabled = false,
}: {
  readonly job: Pick<Job<unknown>, 'error' | 'isBusy' | 'share' | 'cancel'>;
  /** What the button promises. */
  readonly title: string;
  readonly onStart: () => void;
  readonly disabled?: boolean;
}): JSX.Element {
  const percent = job.share === undefined ? undefined : Math.round(100 * job.share);
  return (
    <>
      <p class="buttons">
        <button type="button" disabled={job.isBusy || disabled} onClick={onStart}>
          {title}
        </button>
        {job.isBusy && (
          <>
            <button type="button" onClick={job.cancel}>
              Cancel
            </button>
            <progress aria-label={title} max={100} value={percent} />
          </>
        )}
      </p>
      {job.error !== undefined && <p role="alert">{job.error}</p>}
    </>
  );
}
