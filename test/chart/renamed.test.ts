import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { isMapping, nestedAt, valueAt } from "../../shared/mappings";
import { at, chartFolder, helm, ofKind, refusal, render, scenarios, type Values } from "./helm";

const renamed = JSON.parse(
  readFileSync(join(chartFolder, "files/renamed-values.json"), "utf8"),
) as Record<string, string>;

const sha256 = "a".repeat(64);
const downloaded = (uri: Values, further: Values = {}): Values => ({
  model: { source: "uri", sha256, uri: { location: "s3://models/wine.ubj", ...uri } },
  ...further,
});

/** The same values with all old names, or with all new ones. */
function named(values: Values, isOld: boolean): Values {
  const copy = structuredClone(values);
  for (const [path, name] of Object.entries(renamed)) {
    const keys = path.split(".");
    const old = keys.pop() ?? "";
    const [from, to] = isOld ? [name, old] : [old, name];
    const parent = valueAt(copy, keys);
    if (isMapping(parent) && from in parent) {
      parent[to] = parent[from];
      delete parent[from];
    }
  }
  return copy;
}

const rendered = (values: Values): string => {
  const args = ["template", "demo", chartFolder, "--values", "-"];
  const { ok, stdout, stderr } = helm(args, JSON.stringify(values));
  assert.ok(ok, stderr);
  return stdout;
};

describe("chart: renamed values", () => {
  const concerned = scenarios
    .map(({ name, path }) => ({ name, values: parse(readFileSync(path, "utf8")) as Values }))
    .filter(({ values }) => Object.keys(renamed).some((path) => hasValue(values, path)));

  /** Under either name. */
  function hasValue(values: Values, path: string): boolean {
    return valueAt(named(values, true), path.split(".")) !== undefined;
  }

  it("are in scenarios, in one under an old name", () => {
    assert.ok(concerned.length >= 4);
    assert.equal(concerned.filter(({ values }) => !same(values, named(values, false))).length, 1);
  });

  const same = (a: Values, b: Values) => JSON.stringify(a) === JSON.stringify(b);

  for (const { name, values } of concerned) {
    it(`${name} renders the same bytes under old and new names`, () => {
      assert.ok(!same(named(values, true), named(values, false)));
      assert.equal(rendered(named(values, true)), rendered(named(values, false)));
    });
  }

  it("of a canary override those of the stable model, whichever names the two are under", () => {
    const canary = (uri: Values) => ({
      canary: { enabled: true, model: { sha256, uri } },
      ingress: { enabled: true, hosts: [{ host: "wine.example.com" }] },
    });
    const [olds, news] = [{ secretName: "next" }, { existingSecret: "next" }];
    const stable = [{ secretName: "now" }, { existingSecret: "now" }];
    const outcomes = stable.flatMap((uri) =>
      [olds, news].map((own) => rendered(downloaded(uri, canary(own)))),
    );
    assert.equal(new Set(outcomes).size, 1);
    const deployments = ofKind(
      render(downloaded({ secretName: "now" }, canary(olds))),
      "Deployment",
    );
    const secrets = deployments.map((one) =>
      at(one, "spec.template.spec.initContainers.0.envFrom.0.secretRef.name"),
    );
    assert.deepEqual(secrets.sort(), ["next", "now"]);
    const none = canary({ secretName: "" });
    assert.equal(
      rendered(downloaded({ secretName: "now" }, none)),
      rendered(downloaded({ existingSecret: "now" }, canary({ existingSecret: "" }))),
    );
  });

  it("take the old name from the command line", () => {
    const values = downloaded({});
    const from = (key: string) => {
      const args = ["template", "demo", chartFolder, "--values", "-", "--set", `${key}=company`];
      const { ok, stdout, stderr } = helm(args, JSON.stringify(values));
      assert.ok(ok, stderr);
      return stdout;
    };
    assert.equal(from("model.uri.authorityConfigMapName"), from("model.uri.caConfigMapName"));
    assert.match(from("model.uri.authorityConfigMapName"), /name: company/);
  });

  it("may be said under both names if they are the same, and are refused by key if not", () => {
    const both = { secretName: "a", existingSecret: "a" };
    assert.equal(rendered(downloaded(both)), rendered(downloaded({ existingSecret: "a" })));
    const said = refusal(
      downloaded(
        { ...both, existingSecret: "b" },
        { logForwarding: { authorityConfigMapName: "c", caConfigMapName: "d" } },
      ),
    );
    assert.match(
      said,
      /model\.uri\.secretName is the old name of model\.uri\.existingSecret, and they are set to a and b: remove the old one/,
    );
    assert.match(said, /logForwarding\.authorityConfigMapName is the old name of .* c and d/);
  });

  it("are checked by the schema under each name", () => {
    for (const path of Object.keys(renamed)) {
      const values = nestedAt(path.split("."), "No Name") as Values;
      for (const isOld of [true, false]) {
        const key = isOld ? path : path.replace(/[^.]+$/, renamed[path] ?? "");
        const said = refusal(named(values, isOld));
        assert.ok(said.includes(key) || said.includes(`/${key.replaceAll(".", "/")}`), said);
      }
    }
  });
});
