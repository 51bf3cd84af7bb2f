/**
 * Runs the test suites and ends with one line: `N passed, N failed`.
 *
 * `ts-node test/run.ts [suite …]`; without names, all but those that have to be named. Those on the local
 * platform mostly wait, the others mostly compute: the two kinds run side by side, each one after the other.
 */
import { spawn } from "node:child_process";
import * as path from "node:path";
import { environment } from "../local/environment";
import * as platform from "../local/platform";
import { PROJECT_DIR } from "../local/settings";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Outcome extends Counts {
  /** A line for each failure that the runner names. */
  failures: string[];
}

interface Suite {
  name: string;
  command: string[];
  /** Set if it runs on the local platform, which is started for it. */
  onPlatform?: true;
  /** Set if it runs only when it is named. */
  onlyByName?: true;
  /** Set if it starts and stops the platform itself: left out while somebody uses the platform. */
  ofPlatform?: true;
  /** Reads the runner's own closing lines. */
  count: (output: string, succeeded: boolean) => Outcome;
}

/** The last number before a word, as test runners print it in their summary. */
function number(output: string, before: RegExp): number {
  const matches = [...output.matchAll(new RegExp(`(\\d+) ${before.source}`, "gm"))];
  return Number(matches.at(-1)?.[1] ?? 0);
}

const mocha = (output: string): Outcome => ({
  passed: number(output, /passing\b/),
  failed: number(output, /failing\b/),
  skipped: number(output, /pending\b/),
  failures: mochaFailures(output),
});

/** Lines of a failure's message that are repeated at the end. */
const MESSAGE_LINES = 20;

/** What mocha's list of failures says, each as its titles and its message without the stack. */
function mochaFailures(output: string): string[] {
  const [, list = ""] = output.split(/^ {2}\d+ failing$/m);
  return list
    .split(/^ {2}\d+\) /m)
    .slice(1)
    .map((failure) => {
      const [titles = "", ...rest] = failure.split(/:\n/);
      const [message = ""] = rest.join(":\n").split(/^ +at /m);
      const lines = message.split("\n").filter((line) => line.trim() !== "");
      return [`${oneLine(titles)}:`, ...lines.slice(0, MESSAGE_LINES)].join("\n");
    });
}

const oneLine = (text: string): string => text.trim().replace(/\s+/g, " ");

function pytest(output: string): Outcome {
  const summary = output.trimEnd().split("\n").at(-1) ?? "";
  return {
    passed: number(summary, /passed\b/),
    failed: number(summary, /(failed|errors?)\b/),
    skipped: number(summary, /skipped\b/),
    failures: output.match(/^(FAILED|ERROR) .*$/gm) ?? [],
  };
}

/** A linter is one check: it finds something or it does not. */
const oneCheck = (_output: string, succeeded: boolean): Outcome => ({
  passed: succeeded ? 1 : 0,
  failed: succeeded ? 0 : 1,
  skipped: 0,
  failures: [],
});

const mochaSuite = (name: string, ...files: string[]): Suite => ({
  name,
  command: ["node_modules/.bin/mocha", "--no-color", ...files],
  count: mocha,
});

const SUITES: readonly Suite[] = [
  { name: "lint types", command: ["npm", "run", "--silent", "typecheck"], count: oneCheck },
  { name: "lint biome", command: ["npm", "run", "--silent", "lint"], count: oneCheck },
  { name: "lint imports", command: ["npm", "run", "--silent", "lint:imports"], count: oneCheck },
  { name: "lint ruff", command: [".venv/bin/ruff", "check", "."], count: oneCheck },
  {
    name: "lint ruff format",
    command: [".venv/bin/ruff", "format", "--check", "."],
    count: oneCheck,
  },
  {
    name: "lint python imports",
    command: [
      "env",
      "PYTHONPATH=serving",
      ".venv/bin/lint-imports",
      "--no-cache",
      "serving/pyproject.toml",
    ],
    count: oneCheck,
  },
  {
    name: "lint shellcheck",
    command: [
      "shellcheck",
      "local/node/namespace.sh",
      "local/tools/python.sh",
      "serving/lock.sh",
      "chart/release.sh",
      ".ci/run",
    ],
    count: oneCheck,
  },
  { name: "lint workflows", command: ["actionlint"], count: oneCheck },
  mochaSuite(
    "unit",
    ...["components", "local", "policy", "promotion", "review", "shared"].map(
      (part) => `test/${part}/**/*.test.ts`,
    ),
  ),
  mochaSuite("chart", "test/chart/**/*.test.ts"),
  mochaSuite("program", "test/program/**/*.test.ts"),
  mochaSuite("package", "test/package/**/*.test.ts"),
  {
    name: "serving",
    command: [".venv/bin/python", "-m", "pytest", "-q", "serving/tests"],
    count: pytest,
  },
  { ...mochaSuite("platform", "test/platform/**/*.test.ts"), ofPlatform: true },
  { ...mochaSuite("end-to-end", "test/end-to-end/**/*.test.ts"), onPlatform: true },
  { ...mochaSuite("faults", "test/faults/**/*.test.ts"), onPlatform: true },
  { ...mochaSuite("gateway", "test/gateway/**/*.test.ts"), onPlatform: true, onlyByName: true },
  { ...mochaSuite("keda", "test/keda/**/*.test.ts"), onPlatform: true, onlyByName: true },
  { ...mochaSuite("load", "test/load/**/*.test.ts"), onPlatform: true, onlyByName: true },
  {
    ...mochaSuite("network-policy", "test/network-policy/**/*.test.ts"),
    onPlatform: true,
    onlyByName: true,
  },
];

/** Writes whole lines, each with the name of its suite where two write at a time. */
function lineWriter(prefix: string): { write: (chunk: string) => void; end: () => void } {
  let rest = "";
  const put = (line: string) => process.stdout.write(`${prefix}${line}\n`);
  return {
    write: (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(put);
    },
    end: () => {
      if (rest !== "") {
        put(rest);
      }
    },
  };
}

function execute(suite: Suite, prefix: string): Promise<{ output: string; succeeded: boolean }> {
  const [program = "", ...args] = suite.command;
  const child = spawn(program, args, {
    cwd: PROJECT_DIR,
    env: { ...process.env, ...environment(true) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const lines = lineWriter(prefix);
  const keep = (chunk: string) => {
    output += chunk;
    lines.write(chunk);
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ output: String(error), succeeded: false }));
    child.on("close", (code) => {
      lines.end();
      resolve({ output, succeeded: code === 0 });
    });
  });
}

/** Runs one suite and adds up what it counted. */
async function runSuite(suite: Suite, prefix: string, total: Outcome): Promise<void> {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const command = [path.basename(suite.command[0] ?? ""), ...suite.command.slice(1)].join(" ");
  say(`\n== ${suite.name}: ${command}`);
  const begun = Date.now();
  const { output, succeeded } = await execute(suite, prefix);
  const counts = suite.count(output, succeeded);
  // A runner that fails without a failed test has broken down, and one that ran nothing proves nothing.
  if ((!succeeded && counts.failed === 0) || counts.passed + counts.failed === 0) {
    say(`${suite.name} did not run to its end:\n${output.slice(-2000)}`);
    counts.failed += 1;
  }
  const seconds = Math.round((Date.now() - begun) / 1000);
  say(`== ${suite.name}: ${counts.passed} passed, ${counts.failed} failed (${seconds} s)`);
  // Each failed suite is named, also where its runner broke down without naming a test.
  const named = counts.failures.length === 0 && counts.failed > 0 ? ["failed"] : counts.failures;
  total.failures.push(...named.map((failure) => `${suite.name}: ${failure}`));
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}

/** Runs what takes the local platform for itself, and then what runs on it. */
async function runOnPlatform(
  suites: readonly Suite[],
  prefixed: (suite: Suite) => string,
  total: Outcome,
): Promise<void> {
  const inUse = await platform.isRunning();
  for (const suite of suites) {
    if (suite.ofPlatform && inUse) {
      process.stdout.write(
        `\n== ${suite.name}: left out, the local platform is in use (make down)\n`,
      );
      total.skipped += 1;
      continue;
    }
    if (suite.onPlatform) {
      await platform.up();
    }
    await runSuite(suite, prefixed(suite), total);
  }
  // The machine is left as it was found.
  if (!inUse && suites.some(({ onPlatform }) => onPlatform)) {
    await platform.down();
  }
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const suites = SUITES.filter(
    ({ name, onlyByName }) =>
      (wanted.length === 0 && !onlyByName) ||
      wanted.some((word) => name === word || name.split(" ")[0] === word),
  );
  const total: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const waiting = suites.filter(({ onPlatform, ofPlatform }) => onPlatform || ofPlatform);
  const computing = suites.filter((suite) => !waiting.includes(suite));
  const atOnce = waiting.length > 0 && computing.length > 0;
  const prefixed = (suite: Suite) => (atOnce ? `${suite.name} | ` : "");
  const runComputing = async () => {
    for (const suite of computing) {
      await runSuite(suite, prefixed(suite), total);
    }
  };
  const onPlatform = runOnPlatform(waiting, prefixed, total).catch((error: unknown) => {
    // The other suites still have something to say.
    total.failed += 1;
    total.failures.push(`local platform: ${error instanceof Error ? error.stack : String(error)}`);
  });
  await Promise.all([onPlatform, runComputing()]);
  // Said once more where it is looked for: at the end of a long log.
  if (total.failures.length > 0) {
    process.stdout.write(`\n${total.failures.join("\n")}\n`);
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
  process.exitCode = total.failed > 0 || suites.length === 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stdout.write(
    `${error instanceof Error ? error.stack : String(error)}\n\n0 passed, 1 failed\n`,
  );
  process.exitCode = 1;
});
