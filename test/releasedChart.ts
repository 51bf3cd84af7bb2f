/** The chart as it was released, from the history of this repository. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { PROJECT_DIR } from "../local/settings";

export interface ReleasedVersion {
  version: string;
  commit: string;
  fingerprint: string;
}

/** All released versions, newest first. */
export const releases = parse(
  fs.readFileSync(path.join(PROJECT_DIR, "chart", "releases.yaml"), "utf8"),
) as ReleasedVersion[];

const git = (...args: string[]): Buffer =>
  execFileSync("git", args, { cwd: PROJECT_DIR, stdio: ["ignore", "pipe", "ignore"] });

/** Whether the history reaches back to it: that of a shallow clone may not. */
export function isInHistory({ commit }: ReleasedVersion): boolean {
  try {
    git("cat-file", "-e", `${commit}^{commit}`);
    return true;
  } catch {
    return false;
  }
}

/** Puts the chart of a release into a new temporary folder, whose path it returns. */
export function checkOut({ commit }: ReleasedVersion): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "released-chart-"));
  const archive = git("archive", "--format=tar", commit, "chart");
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  return path.join(folder, "chart");
}
