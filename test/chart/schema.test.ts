import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { chartFolder, refusal, render, type Values } from "./helm";

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  type?: string | string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
}

const schema = JSON.parse(
  readFileSync(join(chartFolder, "values.schema.json"), "utf8"),
) as Schema & { definitions: Record<string, Schema> };

/** Every object in the schema, with its path. */
function objects(node: Schema, path: string): { path: string; node: Schema }[] {
  const children = [
    ...Object.entries(node.properties ?? {}).map(([name, child]) => ({ name, child })),
    ...(node.items === undefined ? [] : [{ name: "0", child: node.items }]),
    ...(node.allOf ?? []).map((child) => ({ name: "", child })),
  ];
  const own = node.type === "object" ? [{ path, node }] : [];
  return [...own, ...children.flatMap(({ name, child }) => objects(child, `${path}.${name}`))];
}

/** { a: { b: value } } from "a.b". */
const nested = (path: string, value: unknown): Values =>
  path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;

const defaults = parse(readFileSync(join(chartFolder, "values.yaml"), "utf8")) as Values;

/** The values that are set as a whole: all but the groups. */
function leaves(value: unknown, path = ""): { path: string; value: unknown }[] {
  if (!isMap(value) || Object.keys(value as object).length === 0) return [{ path, value }];
  return Object.entries(value as object).flatMap(([key, child]) =>
    leaves(child, path === "" ? key : `${path}.${key}`),
  );
}

const isMap = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

describe("chart: values schema", () => {
  it("knows every key of every object in full, but for maps with free keys", () => {
    const roots = [
      { path: "", node: schema },
      ...Object.entries(schema.definitions).map(([path, node]) => ({ path, node })),
    ];
    for (const root of roots)
      for (const { path, node } of objects(root.node, root.path))
        if (node.properties !== undefined)
          assert.equal(node.additionalProperties, false, `${path} takes unknown keys`);
  });

  it("refuses a misspelt key at the top", () => {
    assert.match(refusal({ replicaCounts: 2 }), /replicaCounts/);
  });

  it("refuses a misspelt key in every group", () => {
    for (const [group, value] of Object.entries(defaults)) {
      if (typeof value !== "object" || value === null || Object.keys(value).length === 0) continue;
      if (Array.isArray(value)) continue;
      assert.match(refusal({ [group]: { misspelt: 1 } }), new RegExp(`${group}[^]*misspelt`));
    }
  });

  it("refuses a misspelt key deep in the types of Kubernetes", () => {
    const affinity = { podAntiAffinity: { requiredDuringScheduling: [] } };
    assert.match(refusal({ affinity }), /affinity[./]podAntiAffinity.*requiredDuringScheduling/s);
    assert.match(refusal({ env: [{ name: "A", values: "b" }] }), /env[./]0.*values/s);
  });

  it("refuses a wrong type for every value, and names its path", () => {
    for (const { path, value } of leaves(defaults)) {
      const wrong = isMap(value) ? "wrong type" : { a: 1 };
      const message = refusal(nested(path, wrong));
      assert.match(message, new RegExp(path.split(".").join("[./]")), path);
    }
  });

  it("refuses negative counts and times", () => {
    for (const path of ["replicaCount", "shutdown.delaySeconds", "revisionHistoryLimit"])
      assert.match(refusal(nested(path, -1)), /minimum/, path);
  });

  it("takes global values, which Helm hands to a dependency", () => {
    render({ global: { region: "eu" } });
  });
});
