import * as pulumi from "@pulumi/pulumi";

/** Something that stands in the way of an update. */
export interface Finding {
  /** What is so, what follows from it, and what to do. */
  message: string;
  /** Commands that mend it, in this order. */
  commands?: string[];
  /** It need not be so for the ones who do the work: a warning only. */
  uncertain?: boolean;
  /** An update can go on, and would not mend it. */
  isWarning?: boolean;
}

/** All findings as one text, commands on lines of their own, those of Pulumi for this stack. */
export function textOf(findings: readonly Finding[], stack = pulumi.getStack()): string {
  return findings
    .flatMap(({ message, commands = [] }) => [
      `  - ${message.replaceAll("\n", "\n    ")}`,
      ...commands.map((command) => `      ${ofStack(command, stack)}`),
    ])
    .join("\n");
}

function ofStack(command: string, stack: string): string {
  return command.startsWith("pulumi ") ? `${command} --stack ${stack}` : command;
}
