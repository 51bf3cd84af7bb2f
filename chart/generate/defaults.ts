/** Makes components/arguments/chartDefaults.ts: defaults of the chart that the component has to know as well. */
import { formatted } from "./formatted";
import type { Value } from "./valuesDocument";

const KNOWN = ["replicaCount", "service.port", "ingress.className"];

const FILE = "components/arguments/chartDefaults.ts";

export function makeDefaults(values: Value[]): string {
  const json = JSON.stringify(defaultsOf(values));
  return formatted(
    FILE,
    `// Generated from chart/values.yaml by \`npm run chart:generate\`. Do not edit: edit chart/values.yaml.
export const chartDefaults = ${json} as const;
`,
  );
}

function defaultsOf(values: Value[]): Record<string, unknown> {
  const known = values.filter(({ path }) => KNOWN.some((one) => `${one}.`.startsWith(`${path}.`)));
  return Object.fromEntries(
    known.map((value) => [
      value.name,
      value.kind === "leaf" ? value.default : defaultsOf(value.children),
    ]),
  );
}
