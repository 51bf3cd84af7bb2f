/** What differs, as a summary of a job and a part of a preview's comment. */
import { textOf } from "../components/preflight/finding";
import { cell, code, fenced, tableOf } from "../shared/markdown";
import type { Drift, OwnerDrift } from "./findDrift";
import {
  changeOf,
  hasDrift,
  headline,
  ownerTitle,
  REMEDY,
  remediesOf,
  saidOf,
  valuesOf,
} from "./text";

/** Rows that people read; the rest stands in the log. */
const MAX_ROWS = 100;

export function asMarkdown(stack: string, drift: Drift): string {
  const isKnown = drift.uncompared.length === 0;
  const mark = hasDrift(drift) ? "⚠️" : isKnown ? "✅" : "❓";
  const remedies = remediesOf(stack, drift);
  const parts = [
    `### ${mark} Stack \`${stack}\`: ${headline(drift)}`,
    drift.findings.length === 0 ? "" : fenced(textOf(drift.findings, stack)),
    driftTable(drift),
    remedies.length === 0 ? "" : `${REMEDY}:\n\n${fenced(remedies.join("\n"), "sh")}`,
    isKnown ? "" : `**Not compared:**\n\n${fenced(textOf(drift.uncompared, stack))}`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** A row for each field; empty if nothing differs. */
export function driftTable({ owners }: Pick<Drift, "owners">, maxRows = MAX_ROWS): string {
  const rows = owners.flatMap(rowsOf);
  if (rows.length === 0) {
    return "";
  }
  const table = tableOf(["of", "object", "field", "stored → live", "by"], rows.slice(0, maxRows));
  const more = rows.length - maxRows;
  return more > 0
    ? `${table}\n\n_${more} more: see the log of the job, or \`make drift\`._`
    : table;
}

function rowsOf(owner: OwnerDrift): string[][] {
  return owner.objects.flatMap((object) => {
    const start = [cell(ownerTitle(owner)), code(object.object)];
    return object.change === "changed"
      ? object.fields.map((field) => [
          ...start,
          code(field.field),
          code(valuesOf(field)),
          cell(field.writer === undefined ? "" : saidOf(field.writer)),
        ])
      : [[...start, "", cell(changeOf(object).replace(/^: /, "")), ""]];
  });
}
