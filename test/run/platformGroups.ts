/** Which test files on the local platform go together, which side by side, and which one after the other. */
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";

/** Files that one process runs, in this order. */
export interface Group {
  /** Names of the files in the suite's folder, without `.test.ts`. */
  files: string[];
  /** Set, with the reason, if it needs what all others on the platform need as well. */
  alone?: string;
}

export type PlatformSuite = "end-to-end" | "faults";

/**
 * Each group has namespaces, stacks and servers of its own, and may meet any other one on the platform.
 * It takes longest that comes first. Files of the fault tests in a group share a stack, which takes its time
 * to deploy.
 */
export const GROUPS: Record<PlatformSuite, Group[]> = {
  faults: [
    {
      files: ["outages", "drain"],
      alone: "they stop the registry and the API server, and cordon the only node",
    },
    { files: ["interruptions", "rollouts"] },
    { files: ["failingUpdates", "pods", "soak"] },
    { files: ["releases", "featureStore", "runbook"] },
  ],
  "end-to-end": [
    { files: ["modelSources"] },
    { files: ["promotion"] },
    { files: ["downloadedModels"] },
    { files: ["failureReports"] },
    { files: ["chartMonitoring"] },
    { files: ["chartScenarios", "chartOnApiServer"] },
    { files: ["modelPackages"] },
    { files: ["killedUpdate"] },
    { files: ["deployment", "review"] },
    { files: ["chartInRegistry", "releasedImages"] },
    { files: ["chartAutoscaling"] },
    { files: ["drift"] },
    { files: ["preflight"] },
    { files: ["plainHelm"] },
    { files: ["helm4"] },
    { files: ["promotedSources"] },
    { files: ["chartSwitchedScaling"] },
    { files: ["chartUpgrade"] },
    { files: ["chartFeatureStore", "chartReferences"] },
  ],
};

/** The groups of a suite; what nobody has put into one runs alone, since nobody knows what it needs. */
export function groupsOf(suite: PlatformSuite): Group[] {
  const known = new Set(GROUPS[suite].flatMap(({ files }) => files));
  const others = testFiles(suite).filter((file) => !known.has(file));
  return [...GROUPS[suite], ...others.map((file) => ({ files: [file], alone: "not judged yet" }))];
}

/** Names of the test files in the suite's folder, without `.test.ts`. */
export function testFiles(suite: PlatformSuite): string[] {
  return fs
    .readdirSync(path.join(PROJECT_DIR, "test", suite))
    .flatMap((name) => /^(.*)\.test\.ts$/.exec(name)?.slice(1) ?? []);
}
