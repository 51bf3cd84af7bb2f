/** A report as a comment of a pull request and a job summary. */
import { driftTable } from "../drift/markdown";
import { bullets, code, escaped, fenced, tableOf, cell as textCell } from "../shared/markdown";
import { withShortDigests } from "../shared/shortDigests";
import { change, columns, marks, rowsOf } from "./facts";
import type { ModelReport, Report } from "./report";
import { headline } from "./text";
import { inCommon } from "./violations";

/** A third of what a comment on GitHub holds: three stacks share one. */
const MAX_CHARACTERS = 21_000;

const MAX_LINES_PER_OBJECT = 200;
const MAX_ROWS = 50;
const MAX_DRIFT_ROWS = 20;

/** Markdown that fits a comment: what does not fit is left out, from the end of the diffs, and said. */
export function asMarkdown(report: Report, maxCharacters = MAX_CHARACTERS): string {
  const [head, foot] = [joined(headOf(report)), joined(footOf(report))];
  const diffs = report.models.filter(({ change }) => change !== "none").map(diffOf);
  const reserved = joined([head, leftOut(report, diffs.length), foot]).length + 1;
  const kept: string[] = [];
  let length = reserved;
  for (const diff of diffs) {
    length += diff.length + 2;
    if (length > maxCharacters) {
      break;
    }
    kept.push(diff);
  }
  const text = joined([head, ...kept, leftOut(report, diffs.length - kept.length), foot]);
  return text.length < maxCharacters
    ? `${text}\n`
    : `${text.slice(0, maxCharacters - 100)}…\n\n_Cut off: too long for a comment._\n`;
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

function leftOut({ stack }: Report, count: number): string {
  const models = `${count} more ${count === 1 ? "model" : "models"}`;
  return count === 0
    ? ""
    : `_The objects of ${models} are left out here: too long. See the log of the job, or \`make preview STACK=${stack}\`._`;
}

function headOf(report: Report): string[] {
  const errors = report.diagnostics.filter(({ severity }) => severity === "error");
  return [
    `### ${report.succeeded ? "✅" : "❌"} Stack \`${report.stack}\`: ${headline(report)}`,
    ...errors.map(({ message }) => fenced(message)),
    ...table(report),
    ...policies(report),
    ...drift(report),
    ...bullets(
      "Also changing",
      report.others.map(({ op, type, name }) => `${op} ${escaped(type)} ${code(name)}`),
    ),
  ];
}

function footOf(report: Report): string[] {
  const warnings = report.diagnostics.filter(({ severity }) => severity === "warning");
  return [
    ...bullets(
      "Warnings",
      warnings.map(({ message }) => cell(message)),
    ),
    ...bullets("Not checked", report.unchecked.map(cell)),
  ];
}

function table({ models }: Report): string[] {
  const { rows, rest } = rowsOf(models);
  const cells = rows
    .slice(0, MAX_ROWS)
    .map((model) => [
      code(model.name),
      marks[model.change],
      ...columns.map((column) => code(change(model, column))),
    ]);
  const further = rows.slice(MAX_ROWS).map(({ name }) => code(name));
  return [
    ...(rows.length === 0 ? [] : [tableOf(["model", "change", ...columns], cells)]),
    ...(further.length === 0 ? [] : [`**Changing too:** ${further.join(", ")}`]),
    ...(rest.length === 0 ? [] : [`**Unchanged:** ${rest.map(code).join(", ")}`]),
  ];
}

function policies({ policies, violations }: Report): string[] {
  if (policies === 0) {
    return [];
  }
  if (violations.length === 0) {
    return [`**Policies:** ${policies} checked, none violated`];
  }
  const rows = inCommon(violations).map(({ policy, isMandatory, message }) => [
    isMandatory ? "❌ mandatory" : "⚠️ advisory",
    code(policy),
    cell(message),
  ]);
  return [`**Policies:** ${policies} checked`, tableOf(["", "policy", "what to do"], rows)];
}

function drift({ drift }: Report): string[] {
  if (drift === undefined || drift.objects === 0) {
    return [];
  }
  return drift.owners.length === 0
    ? [`**Drift:** none, ${drift.objects} objects compared`]
    : ["**Drift:** what runs is not what was deployed", driftTable(drift, MAX_DRIFT_ROWS)];
}

function diffOf({ name, objects, otherInputs }: ModelReport): string {
  const { changes, comparedWith } = objects;
  const left =
    comparedWith === "nothing"
      ? ""
      : `, compared with what ${comparedWith === "deployed" ? "is deployed" : "was configured before"}`;
  const counts =
    changes.length === 0
      ? "no object changes"
      : `${changes.length} Kubernetes ${changes.length === 1 ? "object" : "objects"}`;
  const body = changes.map(({ object, change, lines }) => {
    const shown = lines.slice(0, MAX_LINES_PER_OBJECT);
    const cut = lines.length > shown.length ? [`… ${lines.length - shown.length} more lines`] : [];
    return `**${marks[change]} ${escaped(object)}**\n\n${fenced([...shown, ...cut].join("\n"), "diff")}`;
  });
  const release =
    otherInputs.length > 0 ? [`Settings of the release: ${otherInputs.map(code).join(", ")}`] : [];
  return [
    `<details><summary>${escaped(name)}: ${counts}${left}</summary>`,
    ...release,
    ...body,
    "</details>",
  ].join("\n\n");
}

function cell(text: string): string {
  return textCell(withShortDigests(text));
}
