import * as assert from "node:assert/strict";
import { ChartDocuments } from "../../../components/release/chartDocuments";
import { lostValues } from "../../../components/release/valuesProblems";
import { packageFolder } from "../../../shared/packageFolder";

const said = (values: object) =>
  Object.fromEntries(
    lostValues(values as Record<string, unknown>, ChartDocuments.of(packageFolder("chart"))).map(
      ({ path, message }) => [path.join("."), message.split("; ")[1]],
    ),
  );

describe("values that get lost on the way to Helm", () => {
  it("are replaced by none where the chart takes it for no value", () => {
    const lost = {
      resources: { limits: { cpu: null } },
      autoscaling: { targetCPUUtilizationPercentage: null },
      podSecurityContext: { runAsUser: null },
      canary: { server: { maxRows: null } },
    };
    assert.deepEqual(said(lost), {
      "resources.limits.cpu": "write none",
      "autoscaling.targetCPUUtilizationPercentage": "write none",
      "podSecurityContext.runAsUser": "write none",
      "canary.server.maxRows": "write none",
    });
  });

  it("are left out where none would be a text like any other", () => {
    const lost = { priorityClassName: null, nameOverride: null, ingress: { className: null } };
    for (const remedy of Object.values(said(lost))) {
      assert.match(String(remedy), /^leave it out/);
    }
    assert.equal(Object.keys(said(lost)).length, 3);
  });
});
