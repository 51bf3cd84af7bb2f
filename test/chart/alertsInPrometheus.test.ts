/** The alerts, evaluated by Prometheus itself through its promtool. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { only, render, runTool } from "./helm";

interface Series {
  series: string;
  values: string;
}

const promtool = (args: string[]) => runTool("PROMTOOL", "promtool", args);

const labels = 'namespace="models",job="demo",pod="a"';
const requests = (status: number, values: string) => ({
  series: `model_server_requests_total{${labels},route="predict",status="${status}"}`,
  values,
});
const bucket = (le: string, values: string) => ({
  series: `model_server_request_duration_seconds_bucket{${labels},route="predict",le="${le}"}`,
  values,
});
const dropped = (values: string) => ({
  series: `model_server_payloads_dropped_total{${labels},reason="queue_full"}`,
  values,
});
const info = (pod: string, sha256: string) => ({
  series: `model_server_model_info{namespace="models",job="demo",pod="${pod}",sha256="${sha256}"}`,
  values: "1x60",
});
const up = (values: string) => ({ series: `up{${labels}}`, values });
const progressing = (status: string) => ({
  series: `kube_deployment_status_condition{namespace="models",deployment="wine-canary",condition="Progressing",status="${status}"}`,
  values: "1x60",
});

/** For each alert what makes it fire, and what nearly does. */
const cases: { alert: string; fires: Series[]; quiet: Series[] }[] = [
  {
    alert: "ModelErrors",
    fires: [requests(200, "0+95x60"), requests(500, "0+5x60")],
    quiet: [requests(200, "0+995x60"), requests(500, "0+5x60"), requests(422, "0+500x60")],
  },
  {
    alert: "ModelSlow",
    fires: [bucket("0.1", "0+95x60"), bucket("0.25", "0+100x60"), bucket("+Inf", "0+100x60")],
    quiet: [bucket("0.1", "0+100x60"), bucket("0.25", "0+100x60"), bucket("+Inf", "0+100x60")],
  },
  {
    alert: "ModelOverloaded",
    fires: [{ series: `model_server_connections_refused_total{${labels}}`, values: "0+1x60" }],
    quiet: [{ series: `model_server_connections_refused_total{${labels}}`, values: "7x60" }],
  },
  {
    alert: "ModelPayloadsLost",
    fires: [dropped("0+1x60")],
    quiet: [dropped("7x60")],
  },
  { alert: "ModelDown", fires: [up("0x60")], quiet: [up("1x60")] },
  { alert: "ModelRolloutStalled", fires: [progressing("false")], quiet: [progressing("true")] },
  {
    alert: "ModelsMixed",
    fires: [info("a", "1111"), info("b", "2222")],
    quiet: [info("a", "1111"), info("b", "1111")],
  },
];

describe("chart: alerts in Prometheus", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "chart-alerts-"));
    const values = {
      fullnameOverride: "wine",
      prometheusRule: { enabled: true },
      payloadLogging: { enabled: true },
    };
    const { spec } = only(render(values), "PrometheusRule");
    writeFileSync(join(folder, "rules.json"), JSON.stringify(spec));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("are written as Prometheus reads them", () => {
    const { ok, stdout, stderr } = promtool(["check", "rules", join(folder, "rules.json")]);
    assert.ok(ok, stdout + stderr);
  });

  /** Whether an alert is firing after 45 minutes of the series. */
  function firing(alert: string, series: Series[]): boolean {
    const test = {
      rule_files: ["rules.json"],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: series,
          promql_expr_test: [
            {
              expr: `count(ALERTS{alertname="${alert}",alertstate="firing"})`,
              eval_time: "45m",
              exp_samples: [{ labels: "{}", value: 1 }],
            },
          ],
        },
      ],
    };
    writeFileSync(join(folder, "test.json"), JSON.stringify(test));
    const { ok, stdout, stderr } = promtool(["test", "rules", join(folder, "test.json")]);
    const said = stdout + stderr;
    assert.ok(ok || /got:\s*nil/.test(said), said);
    return ok;
  }

  for (const { alert, fires, quiet } of cases) {
    it(`${alert} fires when it should and only then`, () => {
      assert.ok(firing(alert, fires), "it does not fire");
      assert.ok(!firing(alert, quiet), "it fires without a reason");
    });
  }
});
