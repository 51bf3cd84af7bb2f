/** Edits of a stack's configuration by command: `promotion/cli.ts --help`. */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { valueAt } from "../shared/mappings";
import { redactSecrets } from "../shared/redactSecrets";
import { durationOf } from "./duration";
import { type Outcome, promote } from "./promote";
import { Refusal } from "./refusal";
import { keep } from "./registry";
import { rollback } from "./rollback";
import { split } from "./split";
import { StackFile } from "./stackFile";

const USAGE = `Usage:
  promote  --model NAME --from STACK --to STACK [--soak 10m] [--context NAME] [--without-cluster-check]
  rollback --model NAME --stack STACK [--tag VERSION]
  split    --stack STACK

They edit Pulumi.<stack>.yaml, or the model's own file, and give what is promoted a tag in its registry; --dry-run does neither.`;

const options = {
  model: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  stack: { type: "string" },
  soak: { type: "string", default: "10m" },
  context: { type: "string" },
  "without-cluster-check": { type: "boolean", default: false },
  tag: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

class UsageError extends Error {}

function needed<T>(value: T | undefined, option: string): T {
  if (value === undefined || value === "") {
    throw new UsageError(`--${option} is missing`);
  }
  return value;
}

function soakOf(text: string): number {
  const duration = durationOf(text);
  if (duration !== undefined) {
    return duration;
  }
  throw new UsageError(`--soak ${text}: accepted are times such as 90s, 10m or 2h, and 0`);
}

function show({ file, changes, before, facts }: Outcome, name: string): string {
  const shown = (value: unknown) =>
    value === undefined ? "not set" : typeof value === "string" ? value : JSON.stringify(value);
  const edits = changes
    .filter(({ setting, value }) => valueAt(before, setting) !== value)
    .map(
      ({ setting, value }) =>
        `  models.${name}.${setting.join(".")}: ${shown(valueAt(before, setting))} → ${shown(value)}`,
    );
  const lines = edits.length > 0 ? [`${file.path}:`, ...edits] : [`${file.path} says so already.`];
  return [...facts.map((fact) => `  ✓ ${fact}`), ...lines].join("\n");
}

/** The models first: without the stack's file they do nothing, and without them it would be empty. */
function splitStack(stack: string, dryRun: boolean): void {
  const { path: file, project, text } = StackFile.read(stack);
  const { text: rest, files } = split(text, project, file.replace(/\.yaml$/, ".models"));
  const count = Object.keys(files).length;
  const folder = path.dirname(Object.keys(files)[0] ?? "");
  process.stdout.write(`${file}: ${count} models to ${folder}, one file for each\n`);
  if (dryRun) {
    return;
  }
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    fs.writeFileSync(name, content);
  }
  fs.writeFileSync(file, rest);
  process.stdout.write(`\nNext: git add ${folder} ${file}; commit both\n`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command, ...more] = positionals;
  if (values.help) {
    return void process.stdout.write(`${USAGE}\n`);
  }
  if (more.length > 0) {
    throw new UsageError(`there is nothing to be called ${more.join(", ")}`);
  }
  if (command === "split") {
    return splitStack(needed(values.stack, "stack"), values["dry-run"]);
  }
  const model = needed(values.model, "model");
  let stack: string;
  let outcome: Outcome;
  if (command === "promote") {
    const [from, to] = [needed(values.from, "from"), needed(values.to, "to")];
    const checkCluster = !values["without-cluster-check"];
    outcome = await promote({
      model,
      from,
      to,
      soak: soakOf(values.soak),
      checkCluster,
      context: values.context,
    });
    stack = to;
    process.stdout.write(`${model} ${outcome.version}, from ${from} to ${to}:\n`);
  } else if (command === "rollback") {
    stack = needed(values.stack, "stack");
    outcome = await rollback({ model, stack, version: values.tag });
    process.stdout.write(`${model} back to ${outcome.version}, in ${stack}:\n`);
  } else {
    throw new UsageError(`the command is promote, rollback or split, not ${command ?? "none"}`);
  }
  process.stdout.write(`${show(outcome, model)}\n`);
  if (values["dry-run"]) {
    return;
  }
  outcome.file.write();
  for (const line of await keep(outcome.images ?? [], stack, outcome.version)) {
    process.stdout.write(`  ${line}\n`);
  }
  process.stdout.write(
    `\nNext: git diff ${outcome.file.path}; commit it, and after the review: pulumi up --stack ${stack}\n`,
  );
}

main().catch((error: unknown) => {
  const isExpected =
    error instanceof Refusal ||
    error instanceof UsageError ||
    (error instanceof TypeError && "code" in error);
  const text = error instanceof Error ? (isExpected ? error.message : error.stack) : String(error);
  process.stderr.write(
    `${redactSecrets(text ?? "")}\n${error instanceof Refusal ? "" : `\n${USAGE}\n`}`,
  );
  process.exitCode = error instanceof Refusal ? 1 : 2;
});
