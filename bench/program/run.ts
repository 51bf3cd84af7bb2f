/**
 * How long the program takes, all on this machine and on the local platform, in interleaved rounds:
 *
 *     make bench-program            (everything, usually 40 minutes)
 *     ts-node bench/program/run.ts --only noChange --sizes 1,10 --rounds 5
 *     ts-node bench/program/run.ts --only manyModels --models 1000 --rounds 2 --kept /tmp/stacks
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_DIR } from "../../local/settings";
import { say } from "../../shared/progress";
import { type ManyModels, manyModels } from "./manyModels";
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
      only: { type: "string", default: "noChange,manyModels,newModels" },
      rounds: { type: "string", default: "5" },
      models: { type: "string", default: "1000" },
      kept: { type: "string" },
      sizes: { type: "string", default: "1,10,100" },
    },
  });
  const rounds = Number(values.rounds);
  const only = values.only.split(",");
  const root = temporary();
  const folder = (name: string) => {
    fs.mkdirSync(path.join(root, name));
    return path.join(root, name);
  };
  try {
    if (only.includes("noChange")) {
      const sizes = values.sizes.split(",").map(Number);
      await noChange(folder("noChange"), sizes, rounds, (found) => save({ noChange: found }));
    }
    if (only.includes("manyModels")) {
      // They take long, and vary little.
      const fewer = Math.min(rounds, 2);
      const write = (found: ManyModels) => save({ manyModels: found });
      await manyModels(folder("manyModels"), Number(values.models), fewer, write, values.kept);
    }
    if (only.includes("newModels")) {
      await newModels(folder("newModels"), rounds, (found) => save({ newModels: found }));
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
