/** What stands in the way of an update, said as warnings. */
import * as pulumi from "@pulumi/pulumi";
import { redactSecrets } from "../../shared/redactSecrets";
import { type Finding, textOf } from "./finding";

let warnings: Promise<unknown> = Promise.resolve();

/** Resolves when a preview has warned of what is in the way: who ends it with an error waits for that. */
export const allWarned = (): Promise<unknown> => warnings;

/** Warns of findings as they come; what breaks down meanwhile is no reason to end a preview. */
export function warnLater(looks: readonly Promise<Finding[]>[]): void {
  warnings = Promise.all(looks.map((found) => found.then(warn).catch(silently)));
}

export async function warn(findings: readonly Finding[]): Promise<void> {
  const mayFail = findings.filter(({ isWarning }) => !isWarning);
  if (mayFail.length > 0) {
    await pulumi.log.warn(`an update may fail:\n${textOf(mayFail)}`);
  }
  const others = findings.filter(({ isWarning }) => isWarning);
  if (others.length > 0) {
    await pulumi.log.warn(`what runs is not what this stack deployed:\n${textOf(others)}`);
  }
}

function silently(error: unknown): void {
  void pulumi.log.debug(`the checks before an update broke down: ${redactSecrets(String(error))}`);
}
