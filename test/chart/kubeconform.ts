/** Checks manifests against the published types, without a cluster, by the real kubeconform. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import customResources from "../../chart/generate/apis/customResources.json";
import kubernetes from "../../chart/generate/apis/kubernetes.json";
import { runTool, type ToolResult } from "./helm";

interface Apis {
  apiVersions: Record<string, string>;
  definitions: Record<string, object>;
}

/** One schema file per kind, where kubeconform looks for it. */
function writeSchemas(folder: string, { apiVersions, definitions }: Apis): void {
  for (const [kind, apiVersion] of Object.entries(apiVersions)) {
    // kubeconform takes the core API, which has no group, for one named as its version.
    const [group, version = group] = apiVersion.split("/");
    const file = `${kind}-${group}-${version}.json`.toLowerCase();
    const schema = { $ref: `#/definitions/${kind}`, definitions };
    writeFileSync(join(folder, file), JSON.stringify(schema));
  }
}

export class Kubeconform {
  private folder = "";

  open(): void {
    this.folder = mkdtempSync(join(tmpdir(), "chart-schemas-"));
    writeSchemas(this.folder, kubernetes);
    writeSchemas(this.folder, customResources);
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  check(manifests: string): ToolResult {
    return runTool(
      "KUBECONFORM",
      "kubeconform",
      [
        "-strict",
        "-summary",
        "-schema-location",
        join(this.folder, "{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}.json"),
        "-",
      ],
      manifests,
    );
  }
}
