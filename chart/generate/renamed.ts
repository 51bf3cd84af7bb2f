/** Values that were called otherwise before: `# @alias` names what still works, see templates/validations/_renamed.tpl. */
import { formatted } from "./formatted";
import type { Value } from "./valuesDocument";

const FILE = "components/arguments/renamedValues.ts";

/** What is said of an old name. */
export const oldName = (name: string): string => `Deprecated: the old name of \`${name}\``;

/** The names that values have now, by their paths with the old ones. */
export function renamedValues(values: Value[]): Record<string, string> {
  const groups = new Map(values.map((value) => [value.path, value]));
  const entriesOf = (value: Value): [string, string][] => {
    if (value.kind === "group") {
      return value.children.flatMap(entriesOf);
    }
    const { path, name, alias, annotation } = value;
    const like = groups.get(String(annotation.like));
    if (like !== undefined) {
      return entriesOf(like).map(([inner, now]) => [path + inner.slice(like.path.length), now]);
    }
    return alias === undefined ? [] : [[path.slice(0, -name.length) + alias, name]];
  };
  return Object.fromEntries(values.flatMap(entriesOf));
}

/** Makes components/arguments/renamedValues.ts. */
export function makeRenamed(values: Value[]): string {
  return formatted(
    FILE,
    `// Generated from chart/values.yaml by \`npm run chart:generate\`. Do not edit: edit chart/values.yaml.
/** The names that values of the chart have now, by their paths with the old ones. */
export const renamedValues: Readonly<Record<string, string>> = ${JSON.stringify(renamedValues(values))};
`,
  );
}
