/** A mapping whose entries may be anything, outputs of other resources included. */
export type Values = Record<string, unknown>;

/** True for `{…}` as written in code or config; outputs, promises and class instances are leaves. */
export function isMapping(value: unknown): value is Values {
  return (
    typeof value === "object" &&
    value !== null &&
    (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
  );
}

/** What is at a path of keys through mappings and lists; undefined where the path leads nowhere. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (parent, key) =>
      (isMapping(parent) || Array.isArray(parent)) && Object.hasOwn(parent, key)
        ? (parent as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}

/** The mappings and lists in which a value is at a path, and nothing else. */
export function nestedAt(path: readonly PropertyKey[], value: unknown): unknown {
  return path.reduceRight<unknown>(
    (inner, key) => Object.assign(typeof key === "number" ? [] : {}, { [key]: inner }),
    value,
  );
}

/**
 * Later layers win. Mappings are merged key by key, everything else (lists too) is replaced;
 * `undefined` means not said.
 *
 * @param whole keys whose mappings are alternatives and therefore replaced as a whole
 */
export function mergeLayers(layers: readonly Values[], whole: readonly string[] = []): Values {
  const merged: Values = {};
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer)) {
      if (value === undefined) {
        continue;
      }
      const before = merged[key];
      merged[key] =
        isMapping(before) && isMapping(value) && !whole.includes(key)
          ? mergeLayers([before, value])
          : value;
    }
  }
  return merged;
}
