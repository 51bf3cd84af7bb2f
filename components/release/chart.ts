import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../shared/userError";
import { chartFiles } from "./helmIgnore";

/** A Helm chart on this machine. */
export interface Chart {
  path: string;
  name: string;
  version: string;
  /** Digest of names and contents, 12 hex digits: changes when any file changes that Helm loads. */
  fingerprint: string;
}

/** Reads what identifies a chart folder. */
export function readChart(folder: string): Chart {
  const metadata = path.join(folder, "Chart.yaml");
  if (!fs.existsSync(metadata)) {
    throw new UserError(`${folder} is not a Helm chart: it has no Chart.yaml`);
  }
  const text = fs.readFileSync(metadata, "utf8");
  return {
    path: folder,
    name: topLevelScalar(text, "name", metadata),
    version: topLevelScalar(text, "version", metadata),
    fingerprint: fingerprint(folder),
  };
}

// Two plain scalars do not justify a YAML parser in every start of the program.
function topLevelScalar(yaml: string, key: string, file: string): string {
  const value = new RegExp(`^${key}:[ \\t]*["']?([^"'#\\s]+)["']?[ \\t]*(#.*)?$`, "m").exec(
    yaml,
  )?.[1];
  if (value === undefined) {
    throw new UserError(`${file} has no ${key}`);
  }
  return value;
}

function fingerprint(folder: string): string {
  const hash = createHash("sha256");
  for (const file of chartFiles(folder)) {
    const content = fs.readFileSync(path.join(folder, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}
