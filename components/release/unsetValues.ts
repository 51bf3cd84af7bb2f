import { isMapping, type Values, valueAt } from "../../shared/mappings";
import type { KeyPath, Problem } from "../problems/problem";
import type { ChartDocuments } from "./chartDocuments";

/**
 * Values that the provider leaves out of an update, though a preview renders them: null, by which Helm
 * takes a default of the chart away, and an empty list, by which it empties one.
 */
export function unsetValues(values: Values, chart: ChartDocuments, accepts: Accepts): Problem[] {
  return [...entries(values, [], chart)].map(({ at, value }) => ({
    path: at,
    message: `found ${JSON.stringify(value)}, which gets lost on the way to Helm; ${remedy(at, value, chart, accepts)}`,
  }));
}

/** Whether the chart takes this for the value at a path. */
export type Accepts = (path: KeyPath, value: unknown) => boolean;

function* entries(
  value: unknown,
  at: (string | number)[],
  chart: ChartDocuments,
): Generator<{ at: (string | number)[]; value: unknown }> {
  if (value === null || (Array.isArray(value) && value.length === 0 && fillsList(at, chart))) {
    yield { at, value };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield* entries(item, [...at, index], chart);
    }
  } else if (isMapping(value)) {
    for (const [key, item] of Object.entries(value)) {
      yield* entries(item, [...at, key], chart);
    }
  }
}

/** Whether the chart itself has entries in this list. */
function fillsList(at: KeyPath, chart: ChartDocuments): boolean {
  const own = defaultAt(at, chart);
  return Array.isArray(own) && own.length > 0;
}

function remedy(at: KeyPath, value: unknown, chart: ChartDocuments, accepts: Accepts): string {
  // The chart's own word for what null says in a values file.
  if (value === null && isRemovable(at, chart) && accepts(at, "none")) {
    return "write none";
  }
  const own = defaultAt(at, chart);
  return own === undefined || own === null
    ? "leave it out"
    : `leave it out for the chart's own ${JSON.stringify(own)}, or say what is wanted instead`;
}

/** Whether the chart takes `none` for no value there, and not for a text like any other. */
function isRemovable(at: KeyPath, { removable }: ChartDocuments): boolean {
  return [at, [...at.slice(0, -1), "*"]].some((keys) => removable.includes(keys.join(".")));
}

function defaultAt(at: KeyPath, { values }: ChartDocuments): unknown {
  return valueAt(values, at);
}
