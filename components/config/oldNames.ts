/** Old names of settings, which still work. */
import { isMapping, valueAt } from "../../shared/mappings";
import { oldNamesIn } from "../arguments/oldNames";
import { keyOf } from "../problems/problem";

/** What to tell once of the old names in a configuration, if there are any. */
export function oldNamesWarning(input: Record<string, unknown>): string | undefined {
  const models = isMapping(input.models) ? Object.entries(input.models) : [];
  const lines = [
    ...linesOf(input, []),
    ...models.flatMap(([name, model]) => linesOf(model, ["models", name])),
  ];
  return lines.length === 0
    ? undefined
    : `old names still work; use the new ones:\n  ${lines.join("\n  ")}`;
}

function linesOf(settings: unknown, at: readonly string[]): string[] {
  const download = { model: { uri: valueAt(settings, ["source", "uri"]) } };
  const lines = [
    ...oldNamesIn(download).map(({ path, name }) => ({ path: ["source", ...path.slice(1)], name })),
    ...oldNamesIn(valueAt(settings, ["values"])).map(({ path, name }) => ({
      path: ["values", ...path],
      name,
    })),
  ];
  return lines.map(({ path, name }) => `${keyOf([...at, ...path])} is now ${name}`);
}
