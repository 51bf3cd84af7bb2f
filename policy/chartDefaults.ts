import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { isMapping, type Mapping as Values } from "./known";

const read = new Map<string, Values>();

/** The values a release renders with: those given to it over those of its chart. */
export function effectiveValues(chart: string, given: unknown): Values {
  return merge(chartDefaults(chart), given) as Values;
}

function chartDefaults(chart: string): Values {
  const file = path.resolve(chart, "values.yaml");
  let values = read.get(file);
  if (values === undefined) {
    values = (parse(fs.readFileSync(file, "utf8")) ?? {}) as Values;
    read.set(file, values);
  }
  return values;
}

/** As Helm merges: mappings key by key, lists replaced, null deletes. */
function merge(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) {
    return above === undefined ? below : above;
  }
  const merged: Values = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === null) {
      delete merged[key];
    } else {
      merged[key] = merge(below[key], value);
    }
  }
  return merged;
}
