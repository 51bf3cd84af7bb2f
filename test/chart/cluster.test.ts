/** What the chart says of the cluster's own version. */
import assert from "node:assert/strict";
import { chartFolder, helm } from "./helm";

const template = (version: string) =>
  helm(["template", "demo", chartFolder, "--kube-version", version]);

describe("the version of Kubernetes", () => {
  for (const version of ["1.29.9", "v1.29.14-gke.1018000", "1.20.0"]) {
    it(`is refused on a cluster with ${version}`, () => {
      const { ok, stderr } = template(version);
      assert.equal(ok, false);
      assert.match(
        stderr,
        /requires kubeVersion: >=1\.30\.0-0 which is incompatible with Kubernetes v1\.2/,
      );
    });
  }

  for (const version of ["1.30.0", "v1.30.0-eks-036c24b", "v1.34.2-gke.100", "1.37.2"]) {
    it(`is accepted on a cluster with ${version}`, () => {
      const { ok, stderr } = template(version);
      assert.equal(ok, true, stderr);
    });
  }

  it("is one that the chart takes where Helm has none to ask", () => {
    const { ok, stderr } = helm(["template", "demo", chartFolder]);
    assert.equal(ok, true, stderr);
  });
});
