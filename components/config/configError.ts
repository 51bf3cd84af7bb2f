import { UserError } from "../../shared/userError";
import { type KeyPath, keyOf, type Problem } from "../problems/problem";

/** All that is wrong with a stack's configuration, in one message. */
export class ConfigError extends UserError {
  /** @param files of models that have one of their own, by name */
  constructor(
    stack: string,
    public readonly problems: readonly Problem[],
    files: Readonly<Record<string, string>> = {},
  ) {
    const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
    const lines = problems.map((problem) => `  ${lineOf(problem, files)}`);
    const inFiles = problems.filter(({ path }) => fileOf(path, files) !== undefined).length;
    const edit = `dit Pulumi.${stack}.yaml or type: pulumi config set --path '<key>' <value>`;
    super(
      `the configuration of stack ${stack} has ${count}, nothing was changed:\n${lines.join("\n")}\n` +
        (inFiles === 0
          ? `E${edit}`
          : `Edit the named files${inFiles < problems.length ? `; for the other keys e${edit}` : ""}`),
    );
  }
}

function fileOf([top, name]: KeyPath, files: Readonly<Record<string, string>>): string | undefined {
  return top === "models" ? files[String(name)] : undefined;
}

/** A problem with the key to edit, and with the file if that is not the stack's own. */
export function lineOf(
  { path, message }: Problem,
  files: Readonly<Record<string, string>> = {},
): string {
  const file = fileOf(path, files);
  const key = file === undefined ? keyOf(path) : keyOf(path.slice(2));
  return [...(file === undefined ? [] : [file]), ...(key === "" ? [] : [key]), message].join(": ");
}
