/**
 * How long the program takes, all on this machine and on the local platform, in interleaved rounds:
 *
 *     make bench-program            (everything, usually 20 minutes)
 *     ts-node bench/program/run.ts --only noChange --sizes 1,10 --rounds 5
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_DIR } from "../../local/settings";
import { say } from "../../shared/progress";
import { newModels } from "./newModels";
import { noChange } from "./noChange";
import { temporary } from "./projects";
import { type Results, readResults, report } from "./report";

export const results = path.join(__dirname, "results");

/** What was measured in another run stays. */
function save(found: Partial<Results>): void {
  const file = path.join(results, "program.json");
  const before = fs.existsSync(file) ? readResults(results) : {};
  const machine = { cores: os.availableParallelism(), node: process.version };
  fs.mkdirSync(results, { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify({ ...before, machine, ...found }, null, 1)}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "noChange,newModels" },
      rounds: { type: "string", default: "5" },
      sizes: { type: "string", default: "1,10,100" },
    },
  });
  const rounds = Number(values.rounds);
  const only = values.only.split(",");
  const root = temporary();
  try {
    if (only.includes("noChange")) {
      const sizes = values.sizes.split(",").map(Number);
      await noChange(root, sizes, rounds, (found) => save({ noChange: found }));
    }
    if (only.includes("newModels")) {
      await newModels(root, rounds, (found) => save({ newModels: found }));
    }
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
  report(results);
  say(`results in ${path.relative(PROJECT_DIR, results)}; now: make generate`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
