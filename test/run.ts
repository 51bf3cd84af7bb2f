/**
 * Runs the test suites and ends with one line: `N passed, N failed`.
 *
 * `ts-node test/run.ts [suite or job …]`; without names, all but those that have to be named. What is on the local
 * platform mostly waits, the rest mostly computes: they run side by side, `LANES` jobs at a time.
 */
import * as os from "node:os";
import * as platform from "../local/platform";
import { UserError } from "../shared/userError";
import { installCustomResources } from "./end-to-end/customResources";
import { runJob, say } from "./run/execute";
import { count, describeCounts, describeFailure, type Outcome } from "./run/outcomes";
import { Slots } from "./run/slots";
import { type Job, type Needs, SUITES } from "./run/suites";

/** One waits while the others compute. More would make each of them too slow for what they wait for. */
function readLanes(): number {
  const { LANES } = process.env;
  if (LANES !== undefined && !/^[1-9]\d*$/.test(LANES)) {
    throw new UserError(`LANES is “${LANES}”`, "say how many jobs run at a time, from 1 on");
  }
  return Number(LANES ?? Math.min(os.availableParallelism() + 1, 4));
}

interface Runner {
  run: (job: Job) => Promise<void>;
  skip: (job: Job, why: string) => void;
}

/** First those that nobody else may meet, then the others side by side. */
async function runOnPlatform(
  jobs: readonly Job[],
  { run, skip }: Runner,
  slots: Slots,
): Promise<void> {
  const those = (needs: Needs) => jobs.filter((job) => job.needs === needs);
  const users = [...those("platform alone"), ...those("platform")];
  const inUse = await platform.isRunning();
  for (const job of those("no platform")) {
    if (inUse) {
      skip(job, "the local platform is in use (make down)");
    } else {
      await slots.hold(() => run(job));
    }
  }
  if (users.length === 0) {
    return;
  }
  await platform.up();
  for (const job of those("platform alone")) {
    await slots.hold(() => run(job));
    // It may have been stopped, or changed.
    await platform.up();
  }
  if (those("platform").length > 0) {
    // Kinds that appear meanwhile would be in the way of those who list all that there is. The tests that
    // need them install them too, and say what is wrong.
    await installCustomResources().catch(() => undefined);
  }
  await Promise.all(those("platform").map((job) => slots.hold(() => run(job))));
  // The machine is left as it was found.
  if (!inUse) {
    await platform.down();
  }
}

/** Whether a word means a job: by its whole name, or by the first words of it. */
const isNamed = (name: string, word: string): boolean => `${name} `.startsWith(`${word} `);

function describeError(error: unknown): string {
  // Of one for users the stack is not known.
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const jobs = SUITES.flatMap((suite) =>
    suite.jobs.filter(({ name }) =>
      wanted.length === 0 ? !suite.onlyByName : wanted.some((word) => isNamed(name, word)),
    ),
  );
  const known = SUITES.flatMap((suite) => suite.jobs.map(({ name }) => name));
  const unknown = wanted.filter((word) => !known.some((name) => isNamed(name, word)));
  if (unknown.length > 0) {
    throw new UserError(
      `no suite or job is called ${unknown.join(" or ")}`,
      `one of: ${known.join(", ")}`,
    );
  }
  const computing = jobs.filter(({ needs }) => needs === "processor");
  const onPlatform = jobs.filter(({ needs }) => needs !== "processor");

  const outcomes: Outcome[] = [];
  const failures: string[] = [];
  const add = (name: string, added: readonly Outcome[]) => {
    outcomes.push(...added);
    failures.push(
      ...added
        .filter(({ state }) => state === "failed")
        .map((failure) => `${name}: ${describeFailure(failure)}`),
    );
  };
  const run = async (job: Job) => {
    add(job.name, await runJob(job, onPlatform.length > 0 ? `${job.name} | ` : ""));
  };
  const skip = ({ name }: Job, why: string) => {
    say(`\n== ${name}: left out, ${why}`);
    add(name, [{ title: name, state: "skipped" }]);
  };
  const slots = new Slots(readLanes());
  await Promise.all([
    slots.hold(async () => {
      for (const job of computing) {
        await run(job);
      }
    }),
    runOnPlatform(onPlatform, { run, skip }, slots).catch((error: unknown) => {
      // The other suites still have something to say.
      add("local platform", [{ title: "", state: "failed", message: describeError(error) }]);
    }),
  ]);
  // Said once more where it is looked for: at the end of a long log.
  if (failures.length > 0) {
    say(`\n${failures.join("\n")}`);
  }
  const counts = count(outcomes);
  say(`\n${describeCounts(counts)}`);
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  say(`${describeError(error)}\n\n0 passed, 1 failed`);
  process.exitCode = 1;
});
