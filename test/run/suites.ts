/** The suites, in the order in which they run: what is quick comes first, and its failures with it. */
import { groupsOf, type PlatformSuite } from "./platformGroups";

/** What a job needs for itself. */
export type Needs =
  /** It computes, and minds nobody. */
  | "processor"
  /** It starts and stops the platform. */
  | "no platform"
  /** It works on what all users of the platform share. */
  | "platform alone"
  /** Namespaces of its own on the platform. */
  | "platform";

/** What runs as one process. */
export interface Job {
  name: string;
  needs: Needs;
  command: string[];
  /** Further arguments, by which it writes its outcomes into a file; without them it is one check. */
  writesTo?: (file: string) => string[];
  env?: Record<string, string>;
}

export interface Suite {
  name: string;
  jobs: Job[];
  /** Set if it runs only when it is named. */
  onlyByName?: true;
}

/** It finds something or it does not. */
const linter = (what: string, ...command: string[]): Suite => {
  const name = `lint ${what}`;
  return { name, jobs: [{ name, needs: "processor", command }] };
};

const mochaJob = (name: string, needs: Needs, files: string[]): Job => ({
  name,
  needs,
  command: ["node_modules/.bin/mocha", "--no-color", ...files],
  writesTo: (file) => ["--reporter=test/run/mochaReporter.ts", `--reporter-option=file=${file}`],
});

/** The tests in some folders, as one job. */
const mocha = (name: string, needs: Needs, ...folders: string[]): Suite => ({
  name,
  jobs: [
    mochaJob(
      name,
      needs,
      folders.map((folder) => `test/${folder}/**/*.test.ts`),
    ),
  ],
});

/** The tests in a folder, in several jobs that may run side by side. */
const mochaGroups = (suite: PlatformSuite): Suite => ({
  name: suite,
  jobs: groupsOf(suite).map(({ files, alone }) => {
    const [first = ""] = files;
    const paths = files.map((file) => `test/${suite}/${file}.test.ts`);
    const needs = alone === undefined ? "platform" : "platform alone";
    return {
      ...mochaJob(`${suite} ${first}`, needs, paths),
      // A stack of its own for the fault tests of each group.
      env: { FAULTS_NAMESPACE: `faults-${first.toLowerCase()}` },
    };
  }),
});

export const SUITES: readonly Suite[] = [
  linter("types", "npm", "run", "--silent", "typecheck"),
  linter("biome", "npm", "run", "--silent", "lint"),
  linter("imports", "npm", "run", "--silent", "lint:imports"),
  linter("ruff", ".venv/bin/ruff", "check", "."),
  linter("ruff format", ".venv/bin/ruff", "format", "--check", "."),
  linter(
    "python imports",
    ...["env", "PYTHONPATH=serving", ".venv/bin/lint-imports", "--no-cache"],
    "serving/pyproject.toml",
  ),
  linter(
    "shellcheck",
    ...["shellcheck", "local/node/namespace.sh", "local/tools/node.sh", "local/tools/python.sh"],
    "serving/lock.sh",
    ...["chart/release.sh", "release/images.sh", ".ci/run"],
  ),
  linter("workflows", "actionlint"),
  linter("example workflows", "bash", "-c", "actionlint examples/*/workflows/*.yaml"),
  mocha(
    "unit",
    "processor",
    ...[
      "components",
      "drift",
      "local",
      "lock",
      "policy",
      "promotion",
      "provider",
      "release",
      "review",
      "run",
      "shared",
    ],
  ),
  mocha("chart", "processor", "chart"),
  mocha("program", "processor", "program"),
  mocha("package", "processor", "package"),
  {
    name: "serving",
    jobs: [
      {
        name: "serving",
        needs: "processor",
        command: [".venv/bin/python", "-m", "pytest", "-q", "serving/tests"],
        writesTo: (file) => ["-p", "pytest_outcomes", `--outcomes=${file}`],
        env: { PYTHONPATH: "test/run" },
      },
    ],
  },
  mocha("platform", "no platform", "platform"),
  mochaGroups("faults"),
  mochaGroups("end-to-end"),
  {
    name: "oldest-kubernetes",
    // What depends most on Kubernetes; `make test-oldest-kubernetes` says on which.
    jobs: [
      mochaJob(
        "oldest-kubernetes",
        "platform alone",
        ["chartOnApiServer", "chartUpgrade", "chartAutoscaling", "plainHelm", "helm4"].map(
          (name) => `test/end-to-end/${name}.test.ts`,
        ),
      ),
    ],
    onlyByName: true,
  },
  {
    name: "object-stores",
    jobs: [
      {
        name: "object-stores",
        needs: "processor",
        command: [".venv/bin/python", "-m", "pytest", "-q", "serving/tests/object_stores"],
        writesTo: (file) => ["-p", "pytest_outcomes", `--outcomes=${file}`],
        env: { PYTHONPATH: "test/run" },
      },
    ],
    onlyByName: true,
  },
  ...[
    "examples",
    "gateway",
    "keda",
    "languages",
    "load",
    "network-policy",
    "registry",
    "servers",
  ].map((name) => ({
    ...mocha(name, "platform alone", name),
    onlyByName: true as const,
  })),
];
