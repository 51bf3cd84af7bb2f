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

const defaults = parse(readFileSync(join(chartFolder, "values.yaml"), "utf8")) as Values;

const isMap = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The defaults with every map given a key that nobody knows; free maps get a value of a wrong type. */
function withMisspeltKeys(values: Values): Values {
  const entries = Object.entries(values).filter(([, value]) => isMap(value));
  const changed = entries.map(([key, value]) => [key, withMisspeltKeys(value as Values)]);
  return { ...Object.fromEntries(changed), misspelt: {} };
}

/** The defaults with every value that is set as a whole replaced by one of another type. */
function withWrongTypes(value: unknown): unknown {
  if (!isMap(value)) {
    return { wrong: "type" };
  }
  const entries = Object.entries(value);
  if (entries.length === 0) {
    return "wrong type";
  }
  return Object.fromEntries(entries.map(([key, child]) => [key, withWrongTypes(child)]));
}

/** The paths of maps, or of all that is no group of values, as Helm writes them: /a/b. */
function paths(value: unknown, wanted: "maps" | "leaves", path = ""): string[] {
  const isGroup = isMap(value) && Object.keys(value).length > 0;
  const own = (wanted === "maps" ? isMap(value) : !isGroup) ? [path] : [];
  const inner = isMap(value) ? Object.entries(value) : [];
  return [...own, ...inner.flatMap(([key, child]) => paths(child, wanted, `${path}/${key}`))];
}

describe("chart: values schema", () => {
  it("knows every key of every object in full, but for maps with free keys", () => {
    const roots = [
      { path: "", node: schema },
      ...Object.entries(schema.definitions).map(([path, node]) => ({ path, node })),
    ];
    // Objects and plug-ins of any kind, which the chart cannot know.
    const open = /^\.(extraObjects|logForwarding\.(outputs|filters))\./;
    for (const root of roots) {
      for (const { path, node } of objects(root.node, root.path)) {
        if (node.properties !== undefined && !open.test(path)) {
          assert.equal(node.additionalProperties, false, `${path} takes unknown keys`);
        }
      }
    }
  });

  it("refuses a misspelt key in every map, and names its path", () => {
    const message = refusal(withMisspeltKeys(defaults));
    for (const path of paths(defaults, "maps")) {
      assert.match(
        message,
        new RegExp(
          `at '${path}': additional properties 'misspelt'|at '${path}/misspelt': (got|value must be)`,
        ),
      );
    }
  });

  it("refuses a misspelt key deep in the types of Kubernetes", () => {
    const affinity = { podAntiAffinity: { requiredDuringScheduling: [] } };
    assert.match(refusal({ affinity }), /affinity[./]podAntiAffinity.*requiredDuringScheduling/s);
    assert.match(refusal({ env: [{ name: "A", values: "b" }] }), /env[./]0.*values/s);
  });

  it("refuses a wrong type for every value, and names its path", () => {
    const message = refusal(withWrongTypes(defaults) as Values);
    for (const path of paths(defaults, "leaves")) {
      assert.ok(message.includes(`at '${path}'`), `${path} in ${message}`);
    }
  });

  it("refuses negative counts and times", () => {
    const message = refusal({
      replicaCount: -1,
      revisionHistoryLimit: -1,
      shutdown: { delaySeconds: -1 },
    });
    for (const path of ["/replicaCount", "/revisionHistoryLimit", "/shutdown/delaySeconds"]) {
      assert.ok(message.includes(`at '${path}': minimum: got -1`), message);
    }
  });

  it("refuses counts that Kubernetes has no room for", () => {
    const message = refusal({ replicaCount: 2 ** 31, autoscaling: { maxReplicas: 2 ** 40 } });
    for (const path of ["/replicaCount", "/autoscaling/maxReplicas"]) {
      assert.ok(message.includes(`at '${path}': maximum`), message);
    }
  });

  it("refuses labels and annotations that Kubernetes would refuse", () => {
    const labels = { "two words": "a", good: "not good", "": "a" };
    const message = refusal({ commonLabels: labels, podAnnotations: { "a/b/c": "free text" } });
    for (const found of ["'two words'", "commonLabels/good'", "commonLabels'", "'a/b/c'"]) {
      assert.ok(message.includes(found), `${found} in ${message}`);
    }
    render({
      podLabels: { "example.com/team": "risk_1", empty: "" },
      podAnnotations: { "example.com/note": "free text" },
    });
  });

  it("takes global values, which Helm hands to a dependency", () => {
    render({ global: { region: "eu" } });
  });
});
