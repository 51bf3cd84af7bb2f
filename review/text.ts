/** A report for the terminal. */
import { ownerText } from "../drift/text";
import { change, columns, marks, rowsOf } from "./facts";
import type { ModelReport, Report } from "./report";
import { inCommon } from "./violations";

export function asText(report: Report): string {
  return [
    `Stack ${report.stack}: ${headline(report)}`,
    table(report),
    ...report.models.map(objects),
    list(
      "Also",
      report.others.map(({ op, type, name }) => `${op} ${type} ${name}`),
    ),
    report.policies > 0 && report.violations.length === 0
      ? `Policies (${report.policies} checked): none violated`
      : "",
    list(
      `Policies (${report.policies} checked)`,
      inCommon(report.violations).map(
        ({ policy, isMandatory, message }) =>
          `${isMandatory ? "✗ mandatory" : "! advisory"}  ${policy}  ${message}`,
      ),
    ),
    driftOf(report),
    list(
      "Messages",
      report.diagnostics.map(({ severity, message }) => `${severity}: ${message}`),
    ),
    list("Not checked", report.unchecked),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

/** `2 models, 1 changes` */
export function headline({ succeeded, models, others, violations }: Report): string {
  const changing = models.filter((model) => model.change !== "none").length;
  const mandatory = violations.filter(({ isMandatory }) => isMandatory).length;
  const advisory = violations.length - mandatory;
  return [
    succeeded ? "" : "the preview FAILED",
    `${models.length} ${models.length === 1 ? "model" : "models"}`,
    changing === 0 ? "no change" : `${changing} to change`,
    others.length === 0
      ? ""
      : `${others.length} other ${others.length === 1 ? "change" : "changes"}`,
    mandatory === 0 ? "" : `${mandatory} policy ${mandatory === 1 ? "violation" : "violations"}`,
    advisory === 0 ? "" : `${advisory} policy ${advisory === 1 ? "warning" : "warnings"}`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function table({ models }: Report): string {
  const { rows, rest } = rowsOf(models);
  const others = rest.length === 0 ? [] : [`unchanged: ${rest.join(", ")}`];
  if (rows.length === 0) {
    return others.join();
  }
  const cells = [
    ["model", "", ...columns],
    ...rows.map((model) => [
      model.name,
      marks[model.change],
      ...columns.map((column) => change(model, column)),
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, ...others].join("\n");
}

function objects({ name, change, objects, otherInputs }: ModelReport): string {
  if (change === "none") {
    return "";
  }
  const lines = objects.changes.flatMap(({ object, change, lines }) => [
    `  ${marks[change]} ${object}`,
    // All of what is new or gone would be more than anybody reads in a terminal.
    ...(change === "update" ? lines.map((line) => `      ${line}`) : []),
  ]);
  const release = otherInputs.length > 0 ? [`  ~ release: ${otherInputs.join(", ")}`] : [];
  const head = `${name}, compared with ${objects.comparedWith === "deployed" ? "what is deployed" : objects.comparedWith === "nothing" ? "nothing" : "what was configured before"}:`;
  const none = lines.length + release.length === 0 ? ["  no object changes"] : [];
  return [head, ...lines, ...release, ...none].join("\n");
}

function driftOf({ drift }: Report): string {
  if (drift === undefined || drift.objects === 0) {
    return "";
  }
  return drift.owners.length === 0
    ? `Drift (${drift.objects} objects compared): none`
    : list("Drift", drift.owners.map(ownerText));
}

function list(title: string, lines: readonly string[]): string {
  return lines.length === 0
    ? ""
    : [`${title}:`, ...lines.map((line) => `  ${line.replaceAll("\n", "\n  ")}`)].join("\n");
}
