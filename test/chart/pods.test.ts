import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render, type Values } from "./helm";

const pod = (values: Values, path: string): unknown =>
  at(only(render(values), "Deployment"), `spec.template.spec.${path}`);

describe("chart: what pods may have besides", () => {
  it("init containers, sidecars, volumes and mounts", () => {
    const initContainer = { name: "warm", image: "registry.example.com/warm:1" };
    const sidecar = { name: "proxy", image: "registry.example.com/proxy:1" };
    const volume = { name: "certificates", secret: { secretName: "certificates" } };
    const mount = { name: "certificates", mountPath: "/etc/certificates", readOnly: true };
    const values = {
      initContainers: [initContainer],
      sidecars: [sidecar],
      volumes: [volume],
      volumeMounts: [mount],
    };
    assert.deepEqual(pod(values, "initContainers"), [initContainer]);
    assert.deepEqual(pod(values, "containers.1"), sidecar);
    assert.deepEqual(pod(values, "volumes.1"), volume);
    assert.deepEqual(pod(values, "containers.0.volumeMounts.1"), mount);
  });

  it("hooks of the server, together with the pause before the end", () => {
    const postStart = { exec: { command: ["true"] } };
    const values = { lifecycle: { postStart }, shutdown: { preStopSeconds: 3 } };
    assert.deepEqual(pod(values, "containers.0.lifecycle"), {
      postStart,
      preStop: { sleep: { seconds: 3 } },
    });
  });

  it("a runtime class", () => {
    assert.equal(pod({ runtimeClassName: "gvisor" }, "runtimeClassName"), "gvisor");
    assert.equal(pod({}, "runtimeClassName"), undefined);
  });

  describe("a service account", () => {
    it("which is the namespace's default if nothing is said", () => {
      assert.deepEqual(ofKind(render(), "ServiceAccount"), []);
      assert.equal(pod({}, "serviceAccountName"), undefined);
    });

    it("which exists already", () => {
      const values = { serviceAccount: { name: "models" } };
      assert.deepEqual(ofKind(render(values), "ServiceAccount"), []);
      assert.equal(pod(values, "serviceAccountName"), "models");
    });

    it("which is made, with the ties to a cloud identity but without a token", () => {
      const annotations = { "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/models" };
      const values = { serviceAccount: { create: true, annotations } };
      const account = only(render(values), "ServiceAccount");
      assert.equal(account.metadata.name, "demo-model-serving");
      assert.deepEqual(account.metadata.annotations, annotations);
      assert.equal(account.automountServiceAccountToken, false);
      assert.equal(pod(values, "serviceAccountName"), "demo-model-serving");
      assert.equal(pod(values, "automountServiceAccountToken"), false);
    });
  });

  it("settings of the server", () => {
    const env = JSON.stringify(
      pod(
        { server: { logLevel: "debug", logSample: 0.5, logFeatures: false, maxBodyBytes: 1e8 } },
        "containers.0.env",
      ),
    );
    assert.ok(env.includes('{"name":"MODEL_SERVER_LOG_SAMPLE","value":"0.5"}'), env);
    assert.ok(env.includes('{"name":"MODEL_SERVER_LOG_FEATURES","value":"false"}'), env);
    assert.ok(env.includes('{"name":"MODEL_SERVER_LOG_LEVEL","value":"debug"}'), env);
    assert.ok(env.includes('{"name":"MODEL_SERVER_MAX_BODY_BYTES","value":"100000000"}'), env);
  });

  it("no setting of the server that is not said, so that its own default holds", () => {
    assert.doesNotMatch(JSON.stringify(pod({}, "containers.0.env")), /LOG_LEVEL|MAX_/);
  });

  it("but no field that Kubernetes does not know", () => {
    assert.match(refusal({ sidecars: [{ name: "a", img: "b" }] }), /sidecars[./]0.*img/s);
    assert.match(refusal({ volumes: [{ name: "a", emptydir: {} }] }), /volumes[./]0.*emptydir/s);
  });
});
