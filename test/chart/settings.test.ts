import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Variable } from "../../chart/generate/variables";
import { at, chartFolder, only, render, type Values } from "./helm";
import { settingsKnownTo } from "./serving";

const { variables } = JSON.parse(
  readFileSync(join(chartFolder, "files/variables.json"), "utf8"),
) as { variables: Variable[] };

const settingsOf = (program: string, prefix: string): Set<string> =>
  new Set(settingsKnownTo(`${program}.settings`, "Settings").map((name) => prefix + name));

const isSwitch = (name: string): boolean => ["logFeatures", "runPickles"].includes(name);
const examples: Values = {
  logLevel: "debug",
  engine: "xgboost",
  missingValues: "null",
  pickleVersionCheck: "golden",
  managementPort: 2,
  grpcPort: 3,
};

/** Values of `server` that this package's server gets nothing of. */
const FOR_OTHER_SERVERS = [
  "kind",
  "command",
  "args",
  "healthPath",
  "modelPath",
  "writableFolders",
  "metricsPath",
];

describe("chart: settings of the programs", () => {
  it("are all known to them, whatever values are set", () => {
    const groups: [module: string, settings: string, prefix: string][] = [
      ["model_server.settings", "Settings", "MODEL_SERVER_"],
      [
        "model_server.settings.feature_store",
        "FeatureStoreSettings",
        "MODEL_SERVER_FEATURE_STORE_",
      ],
      ["model_server.settings.payload_log", "PayloadLogSettings", "MODEL_SERVER_PAYLOAD_LOG_"],
      ["model_fetcher.settings", "Settings", "MODEL_FETCHER_"],
    ];
    const known = groups.flatMap(([module, settings, prefix]) =>
      settingsKnownTo(module, settings).map((name) => prefix + name),
    );
    const names = variables.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => !known.includes(name)),
      [],
    );
    assert.equal(new Set(names).size, names.length);
    for (const [, , prefix] of groups) {
      assert.ok(
        names.some((name) => name.startsWith(prefix)),
        prefix,
      );
    }
  });

  it("are all known to the server", () => {
    const known = settingsOf("model_server", "MODEL_SERVER_");
    const { server } = parse(readFileSync(join(chartFolder, "values.yaml"), "utf8")) as {
      server: Values;
    };
    const values = Object.fromEntries(
      Object.keys(server)
        .filter((name) => !FOR_OTHER_SERVERS.includes(name))
        .map((name) => [name, examples[name] ?? (isSwitch(name) || 1)]),
    );
    const manifest = only(
      render({ server: values, model: { sha256: "a".repeat(64) } }),
      "Deployment",
    );
    const variables = at(manifest, "spec.template.spec.containers.0.env") as { name: string }[];
    assert.ok(variables.length > Object.keys(values).length);
    for (const { name } of variables) {
      assert.ok(known.has(name), `the server has no ${name}`);
    }
  });

  it("take null in a row for missing by a word that YAML does not take for nothing", () => {
    const settingOf = (missingValues: unknown): unknown => {
      const manifest = only(render({ server: { missingValues } }), "Deployment");
      const variables = at(manifest, "spec.template.spec.containers.0.env") as Values[];
      return variables.find(({ name }) => name === "MODEL_SERVER_MISSING_VALUES")?.value;
    };
    assert.equal(settingOf("accept"), "null");
    assert.equal(settingOf("null"), "null");
    assert.equal(settingOf("reject"), "reject");
    assert.equal(settingOf(null), undefined);
    assert.throws(() => settingOf("nan"), /missingValues/);
  });

  it("keep every digit of the marker for missing values, which may be 0", () => {
    const markerOf = (missingMarker: number | null): unknown => {
      const manifest = only(render({ server: { missingMarker } }), "Deployment");
      const variables = at(manifest, "spec.template.spec.containers.0.env") as Values[];
      return variables.find(({ name }) => name === "MODEL_SERVER_MISSING_MARKER")?.value;
    };
    assert.equal(markerOf(-999), "-999");
    assert.equal(markerOf(0), "0");
    assert.equal(markerOf(-123456789.5), "-123456789.5");
    assert.equal(markerOf(null), undefined);
    for (const other of [1e39, "-999"]) {
      assert.throws(() => markerOf(other as number), /missingMarker/);
    }
  });

  it("are all known to the download", () => {
    const known = settingsOf("model_fetcher", "MODEL_FETCHER_");
    const uri = {
      location: "oci://registry/wine:1",
      goldenLocation: "oci://registry/wine-golden:1",
      goldenSha256: "b".repeat(64),
      registrySecretName: "registry",
      s3Endpoint: "http://minio:9000",
      s3Region: "eu",
    };
    const manifest = only(
      render({ model: { source: "uri", sha256: "a".repeat(64), uri } }),
      "Deployment",
    );
    const path = "spec.template.spec.initContainers.0.env";
    const variables = at(manifest, path) as { name: string }[];
    assert.equal(variables.length, 13);
    for (const { name } of variables) {
      assert.ok(known.has(name), `the download has no ${name}`);
    }
  });
});
