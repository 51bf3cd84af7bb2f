/** The chart by Helm 3 and by Helm 4: the same objects, the same refusals. */
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { chartFolder, runTool, scenarios, type ToolResult, type Values } from "./helm";

const HELMS = { 3: "helm3", 4: "helm4" } as const;
type Major = keyof typeof HELMS;
const majors = [3, 4] as const;

const helmOf = (major: Major, args: string[], values: Values = {}): ToolResult =>
  runTool(HELMS[major].toUpperCase(), HELMS[major], args, JSON.stringify(values));

const template = (major: Major, ...args: string[]) =>
  helmOf(major, ["template", "demo", chartFolder, "--namespace", "models", ...args]);

/** The objects that were rendered, in an order that is not Helm's. */
const objects = (rendered: string): unknown[] =>
  parseAllDocuments(rendered)
    .map((document) => JSON.stringify(document.toJS()))
    .filter((text) => text !== "null")
    .sort()
    .map((text) => JSON.parse(text));

describe("chart: Helm 3 and 4", () => {
  for (const major of majors) {
    it(`is what is asked: ${major}`, () => {
      assert.match(helmOf(major, ["version", "--short"]).stdout, new RegExp(`^v${major}\\.`));
    });
  }

  for (const { name, path } of scenarios) {
    it(`${name} is rendered by 4 as by 3, after helm lint --strict`, () => {
      const { ok, stdout, stderr } = helmOf(4, [
        ...["lint", "--strict", chartFolder],
        ...["--values", path],
      ]);
      assert.ok(ok, stdout + stderr);
      const [three, four] = majors.map((major) => template(major, "--values", path));
      assert.ok(three?.ok && four?.ok, `${three?.stderr}${four?.stderr}`);
      const found = objects(four.stdout);
      assert.ok(found.length > 0);
      assert.deepEqual(found, objects(three.stdout));
    });
  }

  const refused: [string, Values, RegExp][] = [
    ["an unknown key, by its path", { ingress: { enalbed: true } }, /ingress.*enalbed/s],
    ["a value of another type, by its path", { replicaCount: "two" }, /replicaCount/],
    [
      "a combination that cannot work, with the remedy",
      { autoscaling: { enabled: true }, keda: { enabled: true } },
      /autoscaling.*keda/s,
    ],
  ];
  for (const [what, values, expected] of refused) {
    it(`refuse ${what}`, () => {
      for (const major of majors) {
        const args = ["template", "demo", chartFolder, "--values", "-"];
        const { ok, stderr } = helmOf(major, args, values);
        assert.ok(!ok, `Helm ${major} took it`);
        assert.match(stderr, expected);
      }
    });
  }
});
