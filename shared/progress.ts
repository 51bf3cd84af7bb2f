/** What long work tells the person who waits for it. */

const started = Date.now();

/** Minutes and seconds, as a person would say them. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** One line on standard error, so that standard output stays free for results. */
export function say(message: string): void {
  process.stderr.write(`[${duration(Date.now() - started).padStart(10)}] ${message}\n`);
}

/**
 * Announces a piece of work, repeats every 30 s that it still goes on, and says how long it took.
 *
 * @param usually how long it usually takes, in words; left out for work of a few seconds
 */
export async function step<T>(title: string, work: () => Promise<T>, usually?: string): Promise<T> {
  const begin = Date.now();
  say(usually === undefined ? title : `${title} (usually ${usually})`);
  const heartbeat = setInterval(
    () => say(`… still at it after ${duration(Date.now() - begin)}: ${title}`),
    30_000,
  );
  try {
    const result = await work();
    if (Date.now() - begin > 5_000) {
      say(`✓ ${title}: ${duration(Date.now() - begin)}`);
    }
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}
