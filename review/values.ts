/** Values of a release as the engine's events show them: secrets and unknowns as marks. */

export type Values = Record<string, unknown>;

/** What stands for a secret. */
const secretMark = "[secret]";

/** What stands for a value that an update has yet to find out, by its type. */
const unknownMarks: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
  "[unknown]",
]);

export function isUnknown(value: unknown): boolean {
  return unknownMarks.has(value);
}

export function isMapping(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (parent, key) => (isMapping(parent) ? parent[key] : undefined),
    value,
  );
}

export function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = at(value, ...path);
  return (typeof found === "string" && found !== "") || typeof found === "number"
    ? String(found)
    : undefined;
}

/** Stands for the digest of an image that will be built; a digest, as the chart asks for one. */
export const digestToCome = `sha256:${"0".repeat(64)}`;

export interface Renderable {
  values: Values;
  /** Settings that were left out because they are secret. */
  secret: string[];
  /** Settings other than digests that were left out because they are not known yet. */
  unknown: string[];
}

/** Values the chart can be rendered with: without what is masked, which it would refuse. */
export function renderable(values: Values): Renderable {
  const result: Renderable = { values: {}, secret: [], unknown: [] };
  result.values = without(values, "", result) as Values;
  return result;
}

function without(value: unknown, path: string, result: Renderable): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => without(item, `${path}[${index}]`, result));
  }
  if (!isMapping(value)) {
    return value;
  }
  const kept: Values = {};
  for (const [key, item] of Object.entries(value)) {
    const here = path === "" ? key : `${path}.${key}`;
    if (isUnknown(item) && key === "digest") {
      kept[key] = digestToCome;
    } else if (isUnknown(item)) {
      result.unknown.push(here);
    } else if (item === secretMark) {
      result.secret.push(here);
    } else {
      kept[key] = without(item, here, result);
    }
  }
  return kept;
}
