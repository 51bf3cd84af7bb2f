import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { at, chartFolder, only, render, type Values } from "./helm";

const source = readFileSync(join(chartFolder, "../serving/model_server/settings.py"), "utf8");
/** What the server knows; it refuses to start with a setting it does not. */
const known = new Set(
  [...source.matchAll(/^ {4}([a-z][a-z0-9_]*): Annotated\[/gm)].map(
    ([, name = ""]) => `MODEL_SERVER_${name.toUpperCase()}`,
  ),
);

const examples: Values = { logLevel: "debug", engine: "xgboost", missingValues: "null" };

describe("chart: settings of the server", () => {
  it("are all known to the server", () => {
    assert.ok(known.has("MODEL_SERVER_MODEL_PATH"), "settings.py is not written as expected");
    const { server } = parse(readFileSync(join(chartFolder, "values.yaml"), "utf8")) as {
      server: Values;
    };
    const values = Object.fromEntries(
      Object.keys(server).map((name) => [name, examples[name] ?? (name === "logFeatures" || 1)]),
    );
    const manifest = only(
      render({ server: values, model: { sha256: "a".repeat(64) } }),
      "Deployment",
    );
    const variables = at(manifest, "spec.template.spec.containers.0.env") as { name: string }[];
    assert.ok(variables.length > Object.keys(server).length);
    for (const { name } of variables) assert.ok(known.has(name), `the server has no ${name}`);
  });
});
