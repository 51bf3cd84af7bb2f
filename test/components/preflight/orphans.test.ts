import assert from "node:assert/strict";
import { providersIn } from "../../../components/preflight/orphans";

describe("the providers among the processes", () => {
  it("are those of Kubernetes, each with the address of its engine", () => {
    const ps = `
    1 /sbin/init
  354 /root/.pulumi/plugins/resource-kubernetes-v4.25.0/pulumi-resource-kubernetes 127.0.0.1:39783
 2136 /usr/bin/pulumi-resource-kubernetes --tracing= -v=3 127.0.0.1:37319
 2137 /usr/bin/pulumi-resource-docker-build 127.0.0.1:37319
 2140 grep pulumi-resource-kubernetes
`;
    assert.deepEqual(providersIn(ps), [
      { pid: 354, engine: "127.0.0.1:39783" },
      { pid: 2136, engine: "127.0.0.1:37319" },
    ]);
  });
});
