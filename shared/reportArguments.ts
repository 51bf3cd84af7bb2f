import * as path from "node:path";
import { parseArgs } from "node:util";

/** What a command is told that reports on a stack. */
export interface ReportArguments {
  stack: string;
  /** Folder of Pulumi.yaml. Default: the working directory. */
  project: string;
  /** File that the report is added to, as Markdown. */
  markdown?: string;
}

/**
 * Reads `[--markdown <file>] [--project <folder>] <stack>` from the command line.
 *
 * @throws Error with the usage if there is not exactly one stack
 */
export function readReportArguments(usage: string): ReportArguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { markdown: { type: "string" }, project: { type: "string", default: "." } },
  });
  const [stack] = positionals;
  if (stack === undefined || positionals.length > 1) {
    throw new Error(usage);
  }
  return { stack, project: path.resolve(values.project), markdown: values.markdown };
}
