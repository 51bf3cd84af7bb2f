import assert from "node:assert/strict";
import { compareObjects, readObjects } from "../../review/objects";
import { maskedIn, renderable } from "../../review/values";
import { PLACEHOLDER_DIGEST } from "../../shared/digest";

const deployment = (image: string, replicas = 2) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: wine}
spec:
  replicas: ${replicas}
  image: ${image}
`;

describe("the objects of a release", () => {
  it("are compared by kind and name, not by order or spelling", () => {
    const service = "kind: Service\nmetadata:\n  name: wine\nspec: {type: ClusterIP, a: 1}\n";
    const same = "kind: Service\nspec:\n  a: 1\n  type: ClusterIP\nmetadata: {name: wine}\n";
    const before = readObjects(`${deployment("a")}---\n${service}`);
    const after = readObjects(`---\n# Source: x\n${same}---\n${deployment("b")}`);
    const changes = compareObjects(before, after);
    assert.deepEqual(
      changes.map(({ object, change }) => [object, change]),
      [["Deployment wine", "update"]],
    );
    const edited = changes[0]?.lines.filter((line) => /^[-+]/.test(line));
    assert.deepEqual(edited, ["-  image: a", "+  image: b"]);
  });

  it("are created and deleted", () => {
    const changes = compareObjects(
      readObjects("kind: Ingress\nmetadata: {name: wine}\n"),
      readObjects(deployment("a")),
    );
    assert.deepEqual(
      changes.map(({ object, change }) => [object, change]),
      [
        ["Deployment wine", "create"],
        ["Ingress wine", "delete"],
      ],
    );
  });

  it("show an image that has yet to be built as such", () => {
    const [change] = compareObjects(
      readObjects(deployment("wine@sha256:1")),
      readObjects(deployment(`wine@${PLACEHOLDER_DIGEST}`)),
    );
    assert.ok(change?.lines.includes("+  image: wine@(will be built)"), change?.lines.join("\n"));
  });

  it("leave out tests and other hooks", () => {
    const hook =
      'kind: Pod\nmetadata: {name: test, annotations: {"helm.sh/hook": test}}\nspec: {}\n';
    assert.equal(readObjects(hook).size, 0);
  });

  it("never show what a Secret holds", () => {
    const secret = (value: string) =>
      `kind: Secret\nmetadata: {name: s}\nstringData: {token: ${value}}\ndata: {key: ${value}}\n`;
    const changes = compareObjects(readObjects(""), readObjects(secret("hunter2")));
    assert.equal(changes.length, 1);
    assert.doesNotMatch(JSON.stringify(changes), /hunter2/);
    assert.match(JSON.stringify(changes), /token: .*secret/);
  });
});

describe("the values to render", () => {
  // As the engine's events have them.
  const secret = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    ciphertext: "[secret]",
  };
  const unknownList = "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2";
  const values = {
    image: { digest: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
    env: secret,
    tolerations: unknownList,
    sidecars: [{ name: "proxy", env: "[secret]" }],
    podLabels: { team: "a" },
  };

  it("tell what is masked in them", () => {
    assert.deepEqual(maskedIn(values), {
      secret: ["env", "sidecars[0].env"],
      unknown: ["tolerations"],
    });
  });

  it("are without it, and have some digest for the one to come", () => {
    const leftOut = ["env", "sidecars[0].env", "tolerations"];
    assert.deepEqual(renderable(values, leftOut), {
      image: { digest: PLACEHOLDER_DIGEST },
      sidecars: [{ name: "proxy" }],
      podLabels: { team: "a" },
    });
  });

  it("are without what is masked in those they are compared with", () => {
    const before = { env: [{ name: "TOKEN", value: "x" }], replicaCount: 1 };
    assert.deepEqual(renderable(before, ["env"]), { replicaCount: 1 });
  });
});
