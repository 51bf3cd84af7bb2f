/** `ts-node local/cli.ts <command>`: what the Makefile calls. */

import { UserError } from "../shared/userError";
import { environment, exportLines, readStackConfig, usesLocalPlatform } from "./environment";
import { installTestPackages } from "./node/preflight";
import * as platform from "./platform";
import * as stack from "./stack";
import { installTools, writeChecksums } from "./tools/install";

const stackName = process.env.STACK || "dev";

const COMMANDS: Record<string, () => Promise<void>> = {
  tools: () => installTools(process.argv.length > 3 ? process.argv.slice(3) : undefined),
  checksums: writeChecksums,
  up: () => stack.up(stackName),
  down: () => stack.down(stackName),
  env: async () => {
    const local = usesLocalPlatform(readStackConfig(stackName));
    process.stdout.write(exportLines(environment(local)));
  },
  "test-packages": () => installTestPackages(process.argv.slice(3)),
  "platform-up": platform.up,
  "platform-down": platform.down,
  "platform-status": async () => void process.stdout.write(await platform.status()),
  "platform-logs": async () => void process.stdout.write(platform.logs()),
};

async function main(): Promise<void> {
  const name = process.argv[2] ?? "";
  const command = COMMANDS[name];
  if (command === undefined) {
    throw new UserError(`unknown command “${name}”`, `one of: ${Object.keys(COMMANDS).join(", ")}`);
  }
  await command();
}

main().catch((error: unknown) => {
  process.stderr.write(
    `\n${error instanceof UserError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = 1;
});
