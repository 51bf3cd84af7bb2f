/** What a date had become before anyone could see it. */
const midnight = /^(\d{4}-\d\d-\d\d)T00:00:00Z$/;

/**
 * The text that was meant where something else was found.
 *
 * @param written how it stands in the file without quotes, if that is known
 */
export function textMeant(value: unknown, written?: string): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") {
    return written ?? String(value);
  }
  return typeof value === "string" ? (written ?? midnight.exec(value)?.[1]) : undefined;
}

/** The remedy, to follow what is accepted. */
export function inQuotes(text: string): string {
  return `; write ${JSON.stringify(text)} with the quotes`;
}
