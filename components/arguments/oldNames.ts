/** Old names of the chart's values, which still work: the chart itself moves what they hold. */
import { isMapping, type Values, valueAt } from "../../shared/mappings";
import { renamedValues } from "./renamedValues";

/** A value under its old name. */
export interface OldName {
  path: readonly string[];
  /** What the last key of the path is called now. */
  name: string;
}

/** The old names among values of the chart. */
export function oldNamesIn(values: unknown): OldName[] {
  return Object.entries(renamedValues)
    .map(([path, name]) => ({ path: path.split("."), name }))
    .filter(({ path }) => valueAt(values, path) !== undefined);
}

/**
 * Values without those that others, which win, set under their other name: they would seem to be set twice.
 *
 * @param above the values that win
 */
export function withoutOtherNames(values: Values, above: Values): Values {
  let rest: Values | undefined;
  for (const [key, name] of Object.entries(renamedValues)) {
    const path = key.split(".");
    const folder = path.slice(0, -1);
    const old = path[path.length - 1] ?? "";
    const winning = valueAt(above, folder);
    if (!isMapping(winning) || !(old in winning || name in winning)) {
      continue;
    }
    // Of hundreds of models hardly one sets any of these.
    rest ??= structuredClone(values);
    const parent = valueAt(rest, folder);
    if (isMapping(parent)) {
      if (old in winning) {
        delete parent[name];
      }
      if (name in winning) {
        delete parent[old];
      }
    }
  }
  return rest ?? values;
}
