/** Makes the chart's README.md: the hand-written part, then one table of values per section. */
import { parse } from "yaml";
import type { Annotation, Leaf, Section, Value } from "./valuesDocument";

const placeholder = "{{values}}";

function leavesOf(values: Value[]): Leaf[] {
  return values.flatMap((value) => (value.kind === "leaf" ? [value] : leavesOf(value.children)));
}

function typeName(annotation: Annotation, value: unknown): string {
  const { customResource, enum: choices, items, kubernetes, like, map, type } = annotation;
  if (Array.isArray(choices)) return choices.map((choice) => `\`${choice}\``).join(", ");
  if (items !== undefined) return `list of ${typeName(items as Annotation, {})}`;
  if (kubernetes !== undefined) return `[${kubernetes}](${kubernetesReference})`;
  if (customResource !== undefined) return `\`${customResource}\``;
  if (like !== undefined) return `as \`${like}\``;
  if (map !== undefined) return typeof map === "string" ? `map of ${map}` : "map";
  if (Array.isArray(type)) return type.filter((name) => name !== "null").join(" or ");
  if (typeof type === "string") return type;
  return typeof value === "number" ? "integer" : typeof value;
}

const kubernetesReference = "https://kubernetes.io/docs/reference/kubernetes-api/";

const cell = (text: string): string => text.replaceAll("|", "\\|");

function table(leaves: Leaf[]): string {
  const rows = leaves.map((leaf) => {
    const fallback =
      leaf.default === "" || leaf.default === null ? "" : JSON.stringify(leaf.default);
    const type = typeName(leaf.annotation, leaf.default);
    return `| \`${leaf.path}\` | ${cell(type)} | ${fallback && `\`${cell(fallback)}\``} | ${cell(leaf.description)} |`;
  });
  return ["| Value | Type | Default | Meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

export function makeReadme(template: string, chartYaml: string, sections: Section[]): string {
  const chart = parse(chartYaml) as Record<string, string>;
  const values = sections
    .map(({ title, prose, values }) =>
      [`### ${title}`, prose, table(leavesOf(values))].filter((part) => part !== "").join("\n\n"),
    )
    .join("\n\n");
  if (!template.includes(placeholder)) throw new Error(`README.template.md lacks ${placeholder}`);
  return template
    .replace(placeholder, () => values)
    .replaceAll(/\{\{chart\.(\w+)\}\}/g, (_, field: string) => String(chart[field]));
}
