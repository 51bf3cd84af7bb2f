import * as fs from "node:fs";
import * as path from "node:path";
import type * as yamlModule from "yaml";
import { isMapping, type Values } from "../../shared/mappings";
import { packageFolder } from "../../shared/packageFolder";
import type { KeyPath, Problem } from "../problems/problem";

let chartValues: Values | undefined;
let removable: string[] | undefined;

/**
 * Values that the provider leaves out of an update, though a preview renders them: null, by which Helm
 * takes a default of the chart away, and an empty list, by which it empties one.
 */
export function unsetValues(values: Values, accepts: Accepts): Problem[] {
  return [...entries(values, [])].map(({ at, value }) => ({
    path: at,
    message: `found ${JSON.stringify(value)}, which gets lost on the way to Helm; ${remedy(at, value, accepts)}`,
  }));
}

/** Whether the chart takes this for the value at a path. */
export type Accepts = (path: KeyPath, value: unknown) => boolean;

function* entries(
  value: unknown,
  at: (string | number)[],
): Generator<{ at: (string | number)[]; value: unknown }> {
  if (value === null || (Array.isArray(value) && value.length === 0 && fillsList(at))) {
    yield { at, value };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield* entries(item, [...at, index]);
    }
  } else if (isMapping(value)) {
    for (const [key, item] of Object.entries(value)) {
      yield* entries(item, [...at, key]);
    }
  }
}

/** Whether the chart itself has entries in this list. */
function fillsList(at: KeyPath): boolean {
  const own = chartDefault(at);
  return Array.isArray(own) && own.length > 0;
}

function remedy(at: KeyPath, value: unknown, accepts: Accepts): string {
  // The chart's own word for what null says in a values file.
  if (value === null && isRemovable(at) && accepts(at, "none")) {
    return "write none";
  }
  const own = chartDefault(at);
  return own === undefined || own === null
    ? "leave it out"
    : `leave it out for the chart's own ${JSON.stringify(own)}, or say what is wanted instead`;
}

/** Whether the chart takes `none` for no value there, and not for a text like any other. */
function isRemovable(at: KeyPath): boolean {
  removable ??= readFromChart("files/removable-values.json") as string[];
  return [at, [...at.slice(0, -1), "*"]].some((keys) => removable?.includes(keys.join(".")));
}

function chartDefault(at: KeyPath): unknown {
  chartValues ??= readFromChart("values.yaml") as Values;
  return at.reduce<unknown>(
    (parent, key) => (isMapping(parent) ? parent[String(key)] : undefined),
    chartValues,
  );
}

function readFromChart(file: string): unknown {
  const { parse } = require("yaml") as typeof yamlModule;
  return parse(fs.readFileSync(path.join(packageFolder("chart"), file), "utf8"));
}
