/** Makes the chart's README.md: the hand-written part, then one table of values per section. */
import { parse } from "yaml";
import type { Annotation, Leaf, Section, Value } from "./valuesDocument";

function leavesOf(values: Value[]): Leaf[] {
  return values.flatMap((value) => (value.kind === "leaf" ? [value] : leavesOf(value.children)));
}

function typeName(annotation: Annotation, value: unknown): string {
  const { customResource, enum: choices, items, kubernetes, like, map, type } = annotation;
  if (Array.isArray(choices)) {
    return choices.map((choice) => `\`${choice}\``).join(", ");
  }
  if (items !== undefined) {
    return `list of ${typeName(items as Annotation, {})}`;
  }
  if (kubernetes !== undefined) {
    return `[${kubernetes}](${kubernetesReference})`;
  }
  if (customResource !== undefined) {
    return `\`${customResource}\``;
  }
  if (like !== undefined) {
    return `as \`${like}\``;
  }
  if (map !== undefined) {
    return typeof map === "string" ? `map of ${map}` : "map";
  }
  if (Array.isArray(type)) {
    return type.filter((name) => name !== "null").join(" or ");
  }
  if (typeof type === "string") {
    return type;
  }
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

/** A values file in ci/. */
export interface Scenario {
  file: string;
  source: string;
}

/** What the comment on top of a values file says, as one paragraph. */
function purpose({ file, source }: Scenario): string {
  const lines = source.split("\n");
  const end = lines.findIndex((line) => !/^# /.test(line));
  if (end < 1) {
    throw new Error(`${file} does not say on top what it is for`);
  }
  // What is indented are commands, for the reader of the file.
  const prose = lines.slice(0, end).filter((line) => !/^# {3}/.test(line));
  return prose.map((line) => line.slice(2)).join(" ");
}

function scenarioList(scenarios: Scenario[]): string {
  return scenarios
    .map((scenario) => `- [${scenario.file}](ci/${scenario.file}): ${purpose(scenario)}`)
    .join("\n");
}

export interface ReadmeSources {
  template: string;
  chartYaml: string;
  sections: Section[];
  scenarios: Scenario[];
}

export function makeReadme({ template, chartYaml, sections, scenarios }: ReadmeSources): string {
  const chart = parse(chartYaml) as Record<string, string>;
  const values = sections
    .map(({ title, prose, values }) =>
      [`### ${title}`, prose, table(leavesOf(values))].filter((part) => part !== "").join("\n\n"),
    )
    .join("\n\n");
  const parts: Record<string, string> = { values, scenarios: scenarioList(scenarios) };
  return template.replaceAll(
    /\{\{(\w+)(?:\.(\w+))?\}\}/g,
    (whole, name: string, field?: string) => {
      const part = name === "chart" && field !== undefined ? chart[field] : parts[name];
      if (part === undefined) {
        throw new Error(`README.template.md asks for ${whole}`);
      }
      return part;
    },
  );
}
