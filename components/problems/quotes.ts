/** What Pulumi makes of a date without quotes, for the program and whenever it writes the file anew. */
const MADE_OF_DATE = /^(\d{4}-\d\d-\d\d)( \d\d:\d\d:\d\d(?:\.\d+)?) \+0000 UTC$/;

/** The date that was written; undefined if this was none. */
export function dateMeant(value: string): string | undefined {
  const [, day, time] = MADE_OF_DATE.exec(value) ?? [];
  return day === undefined ? undefined : `${day}${time === " 00:00:00" ? "" : time}`;
}

/**
 * The text that was meant where something else was found.
 *
 * @param written how it stands in the file without quotes, if that is known
 */
export function textMeant(value: unknown, written?: string): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") {
    return written ?? String(value);
  }
  return typeof value === "string" ? (written ?? dateMeant(value)) : undefined;
}

/** The remedy, to follow what is accepted. */
export function inQuotes(text: string): string {
  return `; write ${JSON.stringify(text)} with the quotes`;
}
