/** Times as people say them. */

const units = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** The milliseconds of `90s`, `10m`, `2h` or `0`; undefined of anything else. */
export function durationOf(text: string): number | undefined {
  if (text === "0") {
    return 0;
  }
  const [, amount, unit] = /^(\d+)([smh])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * units[unit as keyof typeof units];
}

/** `3 h 5 min`, `10 min`, `45 s` */
export function inWords(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return [hours > 0 ? `${hours} h` : "", minutes > 0 ? `${minutes} min` : ""].join(" ").trim();
}
