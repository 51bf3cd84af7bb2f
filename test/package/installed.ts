/** The package as npm packs it, and a program that has installed it. */
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { run } from "../../shared/run";
import { WorkingCopy } from "../end-to-end/workingCopy";

export interface Packed {
  /** The tarball. */
  file: string;
  /** What is in it, by path. */
  files: string[];
}

const OPTIONS = ["--no-progress", "--loglevel=error", "--no-audit", "--no-fund"];

/** Packs a copy of this checkout, in which nothing has been built. */
export async function pack(into: string): Promise<Packed> {
  const copy = WorkingCopy.create("package");
  try {
    const options = ["--json", "--pack-destination", into, "--loglevel=error"];
    const answer = await run("npm", ["pack", ...options], { cwd: copy.folder });
    const [{ filename = "", files = [] } = {}] = JSON.parse(answer) as {
      filename: string;
      files: { path: string }[];
    }[];
    return { file: path.join(into, filename), files: files.map((file) => file.path).sort() };
  } finally {
    copy.remove();
  }
}

/** The SDKs in the versions that the package is tested with, as arguments of npm. */
export function sdks(...names: string[]): string[] {
  const { devDependencies } = JSON.parse(
    fs.readFileSync(path.join(PROJECT_DIR, "package.json"), "utf8"),
  ) as { devDependencies: Record<string, string> };
  return names.map((name) => `@pulumi/${name}@${devDependencies[`@pulumi/${name}`]}`);
}

/** Installs packages in a folder, which may be empty. */
export async function install(folder: string, ...packages: string[]): Promise<void> {
  const file = path.join(folder, "package.json");
  if (!fs.existsSync(file)) {
    fs.writeFileSync(file, JSON.stringify({ private: true }));
  }
  // Nothing here needs the scripts of a package, and what was downloaded before need not be asked for again.
  const options = [...OPTIONS, "--ignore-scripts", "--prefer-offline"];
  await run("npm", ["install", ...options, ...packages], { cwd: folder });
}

/** Every place where a package is installed in a folder, however deep. */
export function copiesOf(name: string, folder: string): string[] {
  return fs
    .readdirSync(path.join(folder, "node_modules"), { recursive: true, encoding: "utf8" })
    .map((file) => `node_modules/${file}`)
    .filter((file) => file.endsWith(`node_modules/${name}/package.json`));
}

/** Bytes of all files in a folder. */
export function sizeOf(folder: string): number {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath, entry.name)).size, 0);
}
