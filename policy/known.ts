/** A value that is not known yet: in a preview, the digest of an image that will be built. */
export const unknown: unique symbol = Symbol("unknown");

/** `{…}` */
export type Mapping = Record<string, unknown>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy of a resource's properties, in which what is not known yet is {@link unknown}. */
export function known(value: unknown): unknown {
  if (Array.isArray(value)) {
    return Array.from(value.keys(), (index) => known(read(value, index)));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.keys(value).map((key) => [key, known(read(value, key))]));
  }
  return value;
}

// Policies get their properties behind a proxy that throws wherever a value is unknown; as that
// would end the whole policy, it would hide everything that is known.
function read(parent: object, key: PropertyKey): unknown {
  try {
    return (parent as Record<PropertyKey, unknown>)[key];
  } catch {
    return unknown;
  }
}

/**
 * What is at a path of keys; {@link unknown} if something on the way is. Null means not said, as in
 * the values of a chart.
 */
export function at(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null) {
      return found === unknown ? unknown : undefined;
    }
    found = (found as Record<string, unknown>)[key];
  }
  return found ?? undefined;
}

export function listAt(value: unknown, ...path: string[]): unknown[] {
  const list = at(value, ...path);
  return Array.isArray(list) ? list : [];
}

/** What is at a path, if it is text that says something. */
export function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
}
