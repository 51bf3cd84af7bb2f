/**
 * Objects of the chart as an API server had them (Kubernetes 1.34.9, installed by Helm 3.22.0), after the edits
 * that the tests name: what Helm stored, what was there, and what the server made of the merge patch.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { KubernetesObject } from "../../drift/compare";

export interface Recorded {
  stored: KubernetesObject;
  live: KubernetesObject;
  patched: KubernetesObject;
}

export function readRecorded(name: string): Recorded {
  const file = path.join(__dirname, "recorded", `${name}.json`);
  return JSON.parse(fs.readFileSync(file, "utf8")) as Recorded;
}
