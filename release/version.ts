/** The files of a release, with its version: one version for the npm package, the images and what the template asks for. */
import * as semver from "semver";
import { UserError } from "../shared/userError";

/** Contents of the files that a version stands in, by path. */
export type Files = Readonly<Record<string, string>>;

export const VERSIONED_FILES = [
  "package.json",
  "package-lock.json",
  "template/package.json",
  "chart/Chart.yaml",
  "CHANGELOG.md",
] as const;

/**
 * @param releases what `chart/releases.yaml` says of the chart's versions
 * @param day of the release, as `2026-12-01`
 */
export function withVersion(
  files: Files,
  version: string,
  releases: string,
  day: string,
): Record<string, string> {
  const text = (name: (typeof VERSIONED_FILES)[number]) => files[name] ?? "";
  const { version: old = "" } = JSON.parse(text("package.json")) as { version?: string };
  if (semver.valid(version) !== version || !semver.gt(version, old)) {
    throw new UserError(
      `VERSION is ${JSON.stringify(version)}; accepted: a version after ${old}, such as ${semver.inc(old, "minor")}`,
    );
  }
  const chart = /^version: (.*)$/m.exec(text("chart/Chart.yaml"))?.[1] ?? "";
  if (new RegExp(`^- version: ${chart.replaceAll(".", "\\.")}$`, "m").test(releases)) {
    throw new UserError(
      `the chart's version ${chart} is released, and its appVersion changes with this release`,
      "raise version in chart/Chart.yaml and say there what changed",
    );
  }
  if (notesOf(text("CHANGELOG.md"), "Unreleased") === "") {
    throw new UserError(
      "CHANGELOG.md has nothing under [Unreleased]",
      "write there what users notice",
    );
  }
  const once = (name: (typeof VERSIONED_FILES)[number], from: string | RegExp, to: string) => {
    const replaced = text(name).replace(from, to);
    if (replaced === text(name)) {
      throw new UserError(`${name} has no version where it is expected: ${String(from)}`);
    }
    return replaced;
  };
  const lock = JSON.parse(text("package-lock.json")) as {
    version: string;
    packages: Record<string, { version: string }>;
  };
  lock.version = version;
  (lock.packages[""] as { version: string }).version = version;
  return {
    "package.json": once("package.json", `"version": "${old}"`, `"version": "${version}"`),
    "package-lock.json": `${JSON.stringify(lock, undefined, 2)}\n`,
    "template/package.json": once(
      "template/package.json",
      `"model-deployment": "^${old}"`,
      `"model-deployment": "^${version}"`,
    ),
    "chart/Chart.yaml": once("chart/Chart.yaml", /^appVersion: .*$/m, `appVersion: "${version}"`),
    "CHANGELOG.md": once(
      "CHANGELOG.md",
      "## [Unreleased]\n",
      `## [Unreleased]\n\n## [${version}] - ${day}\n`,
    ),
  };
}

/** What the change log says under a heading; empty if it has none of that name. */
export function notesOf(changelog: string, heading: string): string {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((one) => one.startsWith(`[${heading}]`)) ?? "";
  return section.replace(/^.*\n?/, "").trim();
}
