import assert from "node:assert/strict";
import { chartFolder, helm, scenarios } from "./helm";
import { Kubeconform } from "./kubeconform";

describe("chart: scenarios", () => {
  const kubeconform = new Kubeconform();
  before(() => kubeconform.open());
  after(() => kubeconform.close());

  for (const { name, path } of scenarios) {
    it(`${name} passes helm lint --strict`, () => {
      const { ok, stdout, stderr } = helm(["lint", "--strict", chartFolder, "--values", path]);
      assert.ok(ok, stdout + stderr);
    });

    it(`${name} renders objects that Kubernetes knows`, () => {
      const rendered = helm(["template", "scenario", chartFolder, "--values", path]);
      assert.ok(rendered.ok, rendered.stderr);
      const { ok, stdout } = kubeconform.check(rendered.stdout);
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
    const { ok, stdout } = kubeconform.check(JSON.stringify(wrong));
    assert.ok(!ok && stdout.includes("prots"), stdout);
  });
});
