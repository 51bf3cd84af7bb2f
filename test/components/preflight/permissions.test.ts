import assert from "node:assert/strict";
import type { ModelFile } from "../../../components/model/file";
import type { PlannedSource } from "../../../components/model/source";
import {
  findMissingPermissions,
  type Permission,
  permissionsOf,
} from "../../../components/preflight/permissions";

const byDefault = permissionsOf({ kind: "existingImage" }, {});

const file: ModelFile = {
  path: "model.ubj",
  format: "ubj",
  sha256: "1".repeat(64),
  size: 5,
  isPickle: false,
  goldenSize: 0,
};

function kinds(permissions: readonly Permission[]): string[] {
  return permissions.map(({ group, resource }) =>
    group === "" ? resource : `${resource}.${group}`,
  );
}

describe("the rights that a model needs", () => {
  it("are those of what the chart makes by default", () => {
    const expected = ["secrets", "services", "deployments.apps", "replicasets.apps"];
    assert.deepEqual(kinds(byDefault), expected);
  });

  it("grow with what is configured", () => {
    const permissions = permissionsOf(
      { kind: "configMap", file },
      {
        ingress: { hosts: [{ host: "wine.example.com" }] },
        values: { podDisruptionBudget: { enabled: true }, networkPolicy: { enabled: false } },
      },
    );
    assert.deepEqual(kinds(permissions).slice(4), [
      "configmaps",
      "ingresses.networking.k8s.io",
      "poddisruptionbudgets.policy",
    ]);
  });

  it("follow where the model comes from", () => {
    const claim = { existingClaim: "models" };
    const sources: [source: PlannedSource, further: string[]][] = [
      [{ kind: "image", file }, []],
      [{ kind: "uri", uri: { location: "s3://models/wine.ubj" } }, []],
      [{ kind: "persistentVolumeClaim", claim }, []],
      [
        { kind: "persistentVolumeClaim", claim: { create: { enabled: true } } },
        ["persistentvolumeclaims"],
      ],
      [{ kind: "configMap", file }, ["configmaps"]],
    ];
    for (const [source, further] of sources) {
      assert.deepEqual(kinds(permissionsOf(source, {})).slice(4), further);
    }
  });

  it("are asked for one by one only of those who may not do everything", async () => {
    const asked: string[] = [];
    const missing = await findMissingPermissions("models", byDefault, async (_, verb, group) => {
      asked.push(`${verb} ${group}`);
      return true;
    });
    assert.deepEqual([missing, asked], [[], ["* *"]]);
  });

  it("are told all at once when missing, each kind once", async () => {
    const [finding, ...more] = await findMissingPermissions(
      "models",
      [...byDefault, ...byDefault],
      async (_, verb, __, resource) =>
        verb !== "*" && resource !== "services" && !(resource === "secrets" && verb === "update"),
    );
    assert.deepEqual(more, []);
    assert.match(
      finding?.message ?? "",
      /^this account may not update secrets; get, create, patch, delete services in the namespace models: /,
    );
  });
});
