export type KeyPath = readonly PropertyKey[];

/** One thing wrong with the configuration. */
export interface Problem {
  path: KeyPath;
  message: string;
}

/** How a value is written in its file, if it is without quotes and the file is known. */
export type Written = (path: KeyPath) => string | undefined;

/** One path leads through the other, so that a problem of the one is mostly a consequence of the other's. */
export function isRelated(a: KeyPath, b: KeyPath): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((part, index) => String(part) === String(b[index]));
}

/** The key as one types it after `pulumi config set --path`. */
export function keyOf(path: KeyPath): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") {
        return `[${part}]`;
      }
      const name = String(part);
      return /^[A-Za-z_][\w-]*$/.test(name) ? `${index > 0 ? "." : ""}${name}` : `["${name}"]`;
    })
    .join("");
}
