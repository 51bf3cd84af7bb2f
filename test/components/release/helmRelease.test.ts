import assert from "node:assert/strict";
import { Release } from "@pulumi/kubernetes/helm/v3/release";
import * as pulumi from "@pulumi/pulumi";
import { HelmRelease, type HelmReleaseArgs } from "../../../components/release/helmRelease";
import { mockPulumi, resolved } from "../mockedPulumi";

const args: HelmReleaseArgs = {
  name: "wine",
  namespace: pulumi.output("models"),
  chart: "./chart",
  version: "1.2.3",
  values: { replicaCount: 2, env: pulumi.secret([{ name: "A" }]) },
  description: "wine 1.0.0",
  atomic: true,
  cleanupOnFail: true,
  timeout: 300,
  maxHistory: 10,
};

describe("the release", () => {
  it("is registered as the SDK's own class registers it", async () => {
    const registered = mockPulumi();
    const theirs = new Release("wine", args, {});
    const ours = new HelmRelease("wine", args, {});
    assert.equal(await resolved(ours.urn), await resolved(theirs.urn));
    const [first, second] = registered;
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(second, first);
    assert.equal(second.inputs.compat, "true");
    assert.deepEqual(
      [await resolved(ours.name), await resolved(ours.namespace)],
      ["wine", "models"],
    );
    assert.ok(Release.isInstance(ours));
  });

  it("names the version of the provider that the SDK does, unless another is said", async () => {
    const options: pulumi.CustomResourceOptions[] = [];
    mockPulumi();
    const note: pulumi.ResourceTransformation = ({ props, opts }) => {
      options.push(opts);
      return { props, opts };
    };
    new Release("wine", args, { transformations: [note] });
    new HelmRelease("wine", args, { transformations: [note] });
    new HelmRelease("wine", args, { transformations: [note], version: "4.0.0" });
    const [theirs, ours, other] = options.map(({ version }) => version);
    assert.match(String(theirs), /^\d+\.\d+\.\d+/);
    assert.equal(ours, theirs);
    assert.equal(other, "4.0.0");
  });
});
