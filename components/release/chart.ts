import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../shared/userError";
import { chartFiles } from "./helmIgnore";
import { isInRegistry, pullChart } from "./ociChart";

/** A Helm chart on this machine. */
export interface Chart {
  path: string;
  name: string;
  version: string;
  /** Digest of names and contents, 12 hex digits: changes when any file changes that Helm loads. */
  fingerprint: string;
}

/**
 * The folder of a chart.
 *
 * @param chart its folder, or `oci://registry/repository@sha256:…`
 */
export function locateChart(chart: string): string {
  if (isInRegistry(chart)) {
    return pullChart(chart);
  }
  if (!fs.existsSync(path.join(chart, "Chart.yaml"))) {
    throw new UserError(
      `${chart} is not a Helm chart, it has no Chart.yaml; name the folder of one, or leave it out for the chart of this package`,
    );
  }
  return chart;
}

/** Reads what identifies a chart, see {@link locateChart}. */
export function readChart(chart: string): Chart {
  const folder = locateChart(chart);
  const metadata = path.join(folder, "Chart.yaml");
  const text = fs.readFileSync(metadata, "utf8");
  return {
    path: folder,
    name: topLevelScalar(text, "name", metadata),
    version: topLevelScalar(text, "version", metadata),
    fingerprint: fingerprint(folder),
  };
}

const known = new Map<string, Chart>();

/** The same, read once for all models that are made in one go. */
export function knownChart(chart: string): Chart {
  // The path in it is relative.
  const key = `${process.cwd()}\0${chart}`;
  const found = known.get(key) ?? readChart(chart);
  if (known.size === 0) {
    // Later, in a process that lives on, it may be another.
    queueMicrotask(() => known.clear());
  }
  known.set(key, found);
  return found;
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
