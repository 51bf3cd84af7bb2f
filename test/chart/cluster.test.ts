/** What the chart says of the cluster's own version. */
import assert from "node:assert/strict";
import { chartFolder, helm } from "./helm";

const ON_CLUSTER = ["--api-versions", "apiregistration.k8s.io/v1"];

const template = (version: string, ...args: string[]) =>
  helm(["template", "demo", chartFolder, "--kube-version", version, ...args]);

describe("the version of Kubernetes", () => {
  for (const version of ["1.29.9", "v1.29.14-gke.1018000", "1.20.0"]) {
    it(`is refused on a cluster with ${version}`, () => {
      const { ok, stderr } = template(version, ...ON_CLUSTER);
      assert.equal(ok, false);
      assert.match(stderr, /the cluster runs Kubernetes v1\.2\S+, but this chart needs 1\.30/);
    });
  }

  for (const version of ["1.30.0", "v1.30.0-eks-036c24b", "v1.34.2-gke.100", "1.37.2"]) {
    it(`is accepted on a cluster with ${version}`, () => {
      const { ok, stderr } = template(version, ...ON_CLUSTER);
      assert.equal(ok, true, stderr);
    });
  }

  it("is none of any cluster, and not judged, where Helm has none to ask", () => {
    const { ok, stderr } = template("1.20.0");
    assert.equal(ok, true, stderr);
  });
});
