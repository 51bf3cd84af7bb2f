/** Tools that the machine already has. */
import * as fs from "node:fs";
import * as path from "node:path";
import * as semver from "semver";
import { tryRun } from "../../shared/run";
import { TOOLS_BIN } from "../settings";
import type { Binary } from "./catalogue";

/** Every executable of that name on PATH, first one first; links this project made are left out. */
export function executablesOnPath(name: string, searchPath = process.env.PATH ?? ""): string[] {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => folder !== "" && path.resolve(folder) !== TOOLS_BIN)
    .map((folder) => path.join(folder, name))
    .filter((file) => {
      try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

/** Whether what a tool printed about itself names a version in the accepted range. */
export function printsAcceptedVersion(printed: string, accepts: string): boolean {
  if (accepts === "*") {
    return true;
  }
  const found = semver.coerce(/\d+\.\d+\.\d+/.exec(printed)?.[0]);
  return found !== null && semver.satisfies(found, accepts);
}

/** Path of the first executable on PATH whose version is good enough, if there is one. */
export async function findOnPath(name: string, binary: Binary): Promise<string | undefined> {
  if (binary.onPath === undefined) {
    return undefined;
  }
  for (const file of executablesOnPath(binary.file ?? name)) {
    const { stdout, stderr } = await tryRun(file, binary.onPath.args, { timeout: 10_000 }).catch(
      () => ({ stdout: "", stderr: "" }),
    );
    if (printsAcceptedVersion(stdout + stderr, binary.onPath.accepts)) {
      return file;
    }
  }
  return undefined;
}
