import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Path of a folder that ships with this package, relative to the program that uses it.
 *
 * Relative, because Pulumi runs a program in its project folder and records the paths it hands to
 * providers: an absolute path would be a change for everyone who cloned to another place.
 */
export function packageFolder(folder: "chart" | "provider" | "serving"): string {
  // The source lies in `shared/`, the compiled code in `dist/`.
  for (let directory = __dirname; ; directory = path.dirname(directory)) {
    const candidate = path.join(directory, folder);
    if (fs.existsSync(path.join(directory, "package.json")) && fs.existsSync(candidate)) {
      return relativeToProgram(candidate);
    }
    if (directory === path.dirname(directory)) {
      throw new Error(`The folder ${folder}/ of the package model-deployment is missing`);
    }
  }
}

/** The same path on every machine: relative to the working directory and with forward slashes. */
export function relativeToProgram(location: string): string {
  const relative = path.relative(process.cwd(), path.resolve(location)).split(path.sep).join("/");
  return relative.startsWith("../") ? relative : `./${relative}`;
}
