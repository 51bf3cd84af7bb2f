import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { compare, valid } from "semver";
import { parse, parseAllDocuments } from "yaml";
import { readChart } from "../../components/release/chart";
import { checkOut, isInHistory, releases } from "../releasedChart";
import { at, chartFolder, helm, type Manifest } from "./helm";

const chart = readChart(chartFolder);

interface Change {
  kind: string;
  description: string;
}

describe("chart: releases", () => {
  it("never change", () => {
    const released = releases.find(({ version }) => version === chart.version);
    assert.ok(
      released === undefined || released.fingerprint === chart.fingerprint,
      `the chart (fingerprint ${chart.fingerprint}) is not what was released as ${chart.version}: raise its version in chart/Chart.yaml and say there what changed`,
    );
  });

  it("are in order, and the chart's version is not older", () => {
    const versions = releases.map(({ version }) => version);
    for (const version of [chart.version, ...versions]) {
      assert.ok(valid(version), version);
    }
    assert.deepEqual(versions, [...new Set(versions)].sort(compare).reverse());
    assert.ok(compare(chart.version, versions[0] ?? "0.0.0") >= 0, chart.version);
  });

  it("say what changed", () => {
    const metadata = parse(readFileSync(join(chartFolder, "Chart.yaml"), "utf8"));
    const changes = parse(metadata.annotations["artifacthub.io/changes"]) as Change[];
    assert.ok(changes.length > 0);
    for (const { kind, description } of changes) {
      assert.match(kind, /^(added|changed|deprecated|removed|fixed|security)$/);
      assert.ok(description.length > 10, description);
    }
  });

  for (const release of releases) {
    describe(release.version, () => {
      let folder: string;
      before(function () {
        // Only a full clone holds them.
        if (!isInHistory(release)) {
          this.skip();
        }
        folder = checkOut(release);
      });
      after(() => folder && rmSync(dirname(folder), { recursive: true }));

      it("is what the history holds", () => {
        const { version, fingerprint } = readChart(folder);
        assert.deepEqual(
          { version, fingerprint },
          { version: release.version, fingerprint: release.fingerprint },
        );
      });

      it("can be upgraded to this version with the same values", () => {
        const scenarios = readdirSync(join(folder, "ci")).filter((file) => file.endsWith(".yaml"));
        assert.ok(scenarios.length > 0);
        for (const scenario of scenarios) {
          const rendered = (chartPath: string, ...others: string[]) => {
            const values = join(folder, "ci", scenario);
            const { ok, stdout, stderr } = helm([
              "template",
              "demo",
              chartPath,
              "--values",
              values,
              ...others,
            ]);
            assert.ok(ok, `${scenario}: ${stderr}`);
            return parseAllDocuments(stdout)
              .map((document) => document.toJS() as Manifest | null)
              .filter((manifest) => manifest !== null);
          };
          // The image of before has no port for probes and metrics alone.
          const now = rendered(chartFolder, "--set=server.managementPort=0");
          for (const before of rendered(folder)) {
            const name = `${scenario}: ${before.kind} ${before.metadata.name}`;
            const after = now.find(
              ({ kind, metadata }) =>
                kind === before.kind && metadata.name === before.metadata.name,
            );
            assert.ok(after, `${name} is gone`);
            if (before.kind !== "Deployment") {
              continue;
            }
            // What Kubernetes lets nobody change, and what would restart the pods for nothing.
            assert.deepEqual(at(after, "spec.selector"), at(before, "spec.selector"), name);
            assert.deepEqual(at(after, "spec.template"), at(before, "spec.template"), name);
          }
        }
      });
    });
  }
});
