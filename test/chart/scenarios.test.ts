import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import customResources from "../../chart/generate/apis/customResources.json";
import kubernetes from "../../chart/generate/apis/kubernetes.json";
import { chartFolder, helm, runTool, scenarios } from "./helm";

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

describe("chart: scenarios", () => {
  let schemas: string;
  before(() => {
    schemas = mkdtempSync(join(tmpdir(), "chart-schemas-"));
    writeSchemas(schemas, kubernetes);
    writeSchemas(schemas, customResources);
  });
  after(() => rmSync(schemas, { recursive: true }));

  const kubeconform = (manifests: string) =>
    runTool(
      "KUBECONFORM",
      "kubeconform",
      [
        "-strict",
        "-summary",
        "-schema-location",
        join(schemas, "{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}.json"),
        "-",
      ],
      manifests,
    );

  for (const { name, path } of scenarios) {
    it(`${name} passes helm lint --strict`, () => {
      const { ok, stdout, stderr } = helm(["lint", "--strict", chartFolder, "--values", path]);
      assert.ok(ok, stdout + stderr);
    });

    it(`${name} renders objects that Kubernetes knows`, () => {
      const rendered = helm(["template", "scenario", chartFolder, "--values", path]);
      assert.ok(rendered.ok, rendered.stderr);
      const { ok, stdout } = kubeconform(rendered.stdout);
      assert.ok(ok, stdout);
      assert.match(stdout, /Invalid: 0, Errors: 0, Skipped: 0/);
    });
  }

  it("would be told of a field that Kubernetes does not know", () => {
    const wrong = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "a" },
      spec: { prots: [] },
    };
    const { ok, stdout } = kubeconform(JSON.stringify(wrong));
    assert.ok(!ok && stdout.includes("prots"), stdout);
  });
});
