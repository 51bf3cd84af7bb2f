import assert from "node:assert/strict";
import {
  findMissingPermissions,
  type Permission,
  permissionsOf,
} from "../../../components/preflight/permissions";

const args = { version: "1.0.0", image: { repository: "localhost:5001/wine" } };

function kinds(permissions: readonly Permission[]): string[] {
  return permissions.map(({ group, resource }) =>
    group === "" ? resource : `${resource}.${group}`,
  );
}

describe("the rights that a model needs", () => {
  it("are those of what the chart makes by default", () => {
    const expected = ["secrets", "services", "deployments.apps", "replicasets.apps"];
    assert.deepEqual(kinds(permissionsOf(args)), expected);
  });

  it("grow with what is configured", () => {
    const permissions = permissionsOf({
      ...args,
      source: { configMap: { path: "model.ubj" } },
      ingress: { hosts: [{ host: "wine.example.com" }] },
      values: { podDisruptionBudget: { enabled: true }, networkPolicy: { enabled: false } },
    });
    assert.deepEqual(kinds(permissions).slice(4), [
      "configmaps",
      "ingresses.networking.k8s.io",
      "poddisruptionbudgets.policy",
    ]);
  });

  it("are asked for one by one only of those who may not do everything", async () => {
    const asked: string[] = [];
    const missing = await findMissingPermissions(
      "models",
      permissionsOf(args),
      async (_, verb, group) => {
        asked.push(`${verb} ${group}`);
        return true;
      },
    );
    assert.deepEqual([missing, asked], [[], ["* *"]]);
  });

  it("are told all at once when missing, each kind once", async () => {
    const [finding, ...more] = await findMissingPermissions(
      "models",
      [...permissionsOf(args), ...permissionsOf(args)],
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
