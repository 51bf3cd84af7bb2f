#!/usr/bin/env node
/** Locks the packages that a model needs beside the server's: `lock/cli.ts --help`. */
import * as path from "node:path";
import { parseArgs } from "node:util";
import { defaults } from "../components/arguments/defaults";
import type { ConfiguredModel } from "../components/config/resolve";
import { lockBeside, requirementsBeside } from "../components/model/requirements";
import { Refusal } from "../promotion/refusal";
import type * as stackFileModule from "../promotion/stackFile";
import { UserError } from "../shared/userError";
import { type LockOptions, lockPackages } from "./lockPackages";

const USAGE = `Usage:
  [--platform linux/amd64] [--base-image IMAGE] [--server-requirements FILE] REQUIREMENTS
  --model NAME --stack STACK

It resolves what a file of requirements names and writes each package with its version and sha256 into the lock beside
it, ${lockBeside("requirements.txt")} for requirements.txt. For a model, the files and the image are those of its settings.
The package index is PyPI, or what PIP_INDEX_URL and PIP_EXTRA_INDEX_URL name.`;

const options = {
  platform: { type: "string", default: defaults.image.platform },
  "base-image": { type: "string" },
  "server-requirements": { type: "string" },
  model: { type: "string" },
  stack: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

interface Wanted extends LockOptions {
  requirements: string;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const { model, stack } = values;
  const [requirements, ...more] = positionals;
  if (more.length > 0 || (requirements === undefined) === (model === undefined)) {
    throw new UserError(
      `one file of requirements, or a model of a stack, is to be named\n\n${USAGE}`,
    );
  }
  const wanted =
    model === undefined
      ? {
          requirements: requirements ?? "",
          platform: values.platform,
          baseImage: values["base-image"],
          buildArgs: argsOf(values["server-requirements"]),
        }
      : ofModel(model, stack ?? "dev");
  const { path: lock, notes } = await lockPackages(wanted.requirements, wanted);
  const lines = [
    ...notes,
    `${path.relative(process.cwd(), lock)} is written; have it reviewed and commit it`,
  ];
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

/** As the model's settings in a stack say. */
function ofModel(name: string, stack: string): Wanted {
  // What reads a stack takes longer to load than all the rest.
  const { StackFile } = require("../promotion/stackFile") as typeof stackFileModule;
  const { model } = StackFile.read(stack).check(name);
  if (model === undefined) {
    throw new UserError(
      `the stack ${stack} has no model ${name} whose settings can be read`,
      "make preview says what is wrong with them",
    );
  }
  const { image } = model.args;
  const { platform = defaults.image.platform, baseImage, buildArgs } = image;
  const requirements = image.requirements ?? besideOf(model);
  if (requirements === undefined) {
    throw new UserError(
      `the model ${name} has no requirements`,
      "put requirements.txt beside it, or name a file in image.requirements",
    );
  }
  return {
    requirements,
    platform,
    baseImage: textOf(baseImage),
    buildArgs: argsOf(textOf(buildArgs?.REQUIREMENTS)),
  };
}

function besideOf({ plan: { source } }: ConfiguredModel): string | undefined {
  return "file" in source ? requirementsBeside(source.file) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Which of the server's lists the image is made of. */
function argsOf(list: string | undefined): LockOptions["buildArgs"] {
  return list === undefined ? undefined : { REQUIREMENTS: list };
}

main().catch((error: unknown) => {
  const isUsage = error instanceof TypeError && "code" in error;
  const text =
    error instanceof UserError || error instanceof Refusal || isUsage
      ? error.message
      : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
