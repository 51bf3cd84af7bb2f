/**
 * Values damaged at random: the chart takes them and renders what Kubernetes knows, or refuses them
 * and names the key. Templates never stop half-way with a message that only their author understands.
 *
 * CHART_DAMAGES says how many per scenario, CHART_SEED which.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { valueAt } from "../../shared/mappings";
import { chartFolder, helm, scenarios, type Values } from "./helm";
import { Kubeconform } from "./kubeconform";

const DAMAGES = Number(process.env.CHART_DAMAGES ?? 12);
const SEED = Number(process.env.CHART_SEED ?? 20261125);

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Key = string | number;
type Tree = Record<Key, unknown>;

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null;

/** The way to every value, those of groups included. */
function paths(value: unknown, path: Key[] = []): Key[][] {
  if (!isTree(value)) {
    return [path];
  }
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  const inner = [...keys].flatMap((key) => paths(value[key], [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}

/** As Helm merges a values file into the defaults. */
function merge(below: unknown, above: unknown): unknown {
  if (!isTree(below) || !isTree(above) || Array.isArray(below) || Array.isArray(above)) {
    return above;
  }
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) {
    merged[key] = key in below ? merge(below[key], value) : value;
  }
  return merged;
}

const WRONG: readonly unknown[] = [
  null,
  "",
  "text",
  "-1",
  -1,
  0,
  2.5,
  2 ** 40,
  true,
  false,
  [],
  {},
  [null],
  [{}],
  [[]],
  ["text"],
  { text: "text" },
  { name: null },
];

/** What further objects hold is between the user and Kubernetes. */
const isKnown = ([top, , part]: Key[]): boolean =>
  top !== "extraObjects" || part === undefined || part === "metadata";

interface Damage {
  values: Values;
  path: Key[];
  what: string;
}

/** One value of a values file, or of the defaults, replaced by another. */
function damage(scenario: Values, all: Values, random: () => number): Damage {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  // Every second one where the scenario says something, the others anywhere.
  const path = pick(paths(random() < 0.5 ? scenario : all).filter(isKnown));
  const wrong = random() < 0.3 ? null : pick(WRONG);
  const values = structuredClone(scenario) as Tree;
  let place = values;
  path.slice(0, -1).forEach((key, depth) => {
    if (!isTree(place[key])) {
      // A list with its other items: one that is not there would be a second damage.
      const isList = typeof path[depth + 1] === "number";
      place[key] = isList ? structuredClone(valueAt(all, path.slice(0, depth + 1))) : {};
    }
    place = place[key] as Tree;
  });
  place[path.at(-1) as Key] = wrong;
  return { values: values as Values, path, what: `${path.join(".")}: ${JSON.stringify(wrong)}` };
}

/** As Helm's schema check writes a path: /env/0/name. */
const pointer = (path: Key[]): string =>
  path.map((key) => `/${String(key).replaceAll("/", "~1")}`).join("");

/**
 * Whether a refusal names the key: the schema by its path, or as an unknown or missing one of its
 * object; a validation by the value's own name, or by another of the same group that it clashes with.
 */
function isNamed(message: string, path: Key[]): boolean {
  const own = message.includes(`'${pointer(path)}`);
  const member = message.includes(`'${pointer(path.slice(0, -1))}'`);
  const named = new RegExp(`^ {2}- (.*[ (])?${path[0]}\\b`);
  const clash = message.split("\n").some((line) => named.test(line));
  return own || (member && message.includes(`'${path.at(-1)}'`)) || clash;
}

/** What a template says that stumbled over a value. */
const STUMBLED =
  /nil pointer|panic|can't evaluate|error calling (?!fail|include)|wrong type|<no value>|unable to parse|error converting|%!/;

describe("chart: damaged values", function () {
  this.timeout(600_000);
  const defaults = parse(readFileSync(join(chartFolder, "values.yaml"), "utf8")) as Values;
  const total = { rendered: 0, refused: 0 };
  const kubeconform = new Kubeconform();
  before(() => kubeconform.open());
  after(() => kubeconform.close());

  scenarios.forEach(({ name, path: file }, index) => {
    it(`${name} is rendered, or refused by key`, () => {
      const random = randomNumbers(SEED + index);
      const scenario = parse(readFileSync(file, "utf8")) as Values;
      const all = merge(defaults, scenario) as Values;
      const rendered: string[] = [];
      const problems: string[] = [];
      for (let i = 0; i < DAMAGES; i += 1) {
        const { values, path, what } = damage(scenario, all, random);
        const args = ["template", "demo", chartFolder, "--values", "-"];
        const { ok, stdout, stderr } = helm(args, JSON.stringify(values));
        const stumbled = STUMBLED.exec(ok ? stdout : stderr);
        if (stumbled !== null) {
          problems.push(`${what}: ${stumbled[0]} in ${ok ? "" : stderr}`);
        }
        if (ok) {
          rendered.push(`# ${what}\n${stdout}`);
        } else {
          total.refused += 1;
          if (!isNamed(stderr, path)) {
            problems.push(`${what}: not named in ${stderr}`);
          }
        }
      }
      const { ok, stdout } = kubeconform.check(rendered.join("\n---\n"));
      assert.ok(ok, stdout);
      assert.deepEqual(problems, []);
      total.rendered += rendered.length;
    });
  });

  it("were of both kinds", () => {
    assert.ok(total.rendered > 0 && total.refused > 0, JSON.stringify(total));
  });
});
