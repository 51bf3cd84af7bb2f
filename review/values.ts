/** Values of a release as the engine's events show them: secrets and unknowns as marks. */

import { PLACEHOLDER_DIGEST } from "../shared/digest";
import { isMapping, type Values, valueAt } from "../shared/mappings";

/** The key by which the engine marks a secret, whose value it leaves out. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";

function isSecret(value: unknown): boolean {
  return value === "[secret]" || (isMapping(value) && SECRET_MARK in value);
}

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

export function at(value: unknown, ...path: string[]): unknown {
  return valueAt(value, path);
}

export function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = at(value, ...path);
  return (typeof found === "string" && found !== "") || typeof found === "number"
    ? String(found)
    : undefined;
}

/** What is masked in values, by path: `env`, `sidecars[0].env`. */
export interface Masked {
  secret: string[];
  unknown: string[];
}

/** What is secret or not known yet, but for digests, which {@link renderable} replaces. */
export function maskedIn(values: unknown): Masked {
  const masked: Masked = { secret: [], unknown: [] };
  visit(values, "", (value, path) => {
    if (isSecret(value)) {
      masked.secret.push(path);
    } else if (isUnknown(value) && !path.endsWith(".digest")) {
      masked.unknown.push(path);
    } else {
      return true;
    }
    return false;
  });
  return masked;
}

/**
 * Values the chart can be rendered with, which would refuse marks.
 *
 * @param leftOut paths of what is masked, in these values or in those they are compared with
 */
export function renderable(values: Values, leftOut: readonly string[]): Values {
  return copyOf(values, "", new Set(leftOut)) as Values;
}

/** Goes through all values; where `goOn` says so, below them too. */
function visit(
  value: unknown,
  path: string,
  goOn: (value: unknown, path: string) => boolean,
): void {
  if (!goOn(value, path)) {
    return;
  }
  for (const [key, item] of entriesOf(value)) {
    visit(item, below(path, key, value), goOn);
  }
}

function copyOf(value: unknown, path: string, leftOut: ReadonlySet<string>): unknown {
  if (isUnknown(value)) {
    return PLACEHOLDER_DIGEST;
  }
  const kept = entriesOf(value)
    .filter(([key]) => !leftOut.has(below(path, key, value)))
    .map(([key, item]) => [key, copyOf(item, below(path, key, value), leftOut)] as const);
  if (Array.isArray(value)) {
    return kept.map(([, item]) => item);
  }
  return isMapping(value) ? Object.fromEntries(kept) : value;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

function below(path: string, key: string, parent: unknown): string {
  if (Array.isArray(parent)) {
    return `${path}[${key}]`;
  }
  return path === "" ? key : `${path}.${key}`;
}
