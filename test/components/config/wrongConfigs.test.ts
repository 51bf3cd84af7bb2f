/** What people type, and every line they are answered with: wrongConfigs.yaml. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { checkConfig } from "../../../components/config/check";
import { type KeyPath, keyOf, type Problem } from "../../../components/problems/problem";
import { temporaryFolder } from "../../temporaryFolder";

type Config = Record<string, unknown>;

interface WrongConfig {
  /** Replaces those keys of a good configuration. */
  config: Config;
  says: string[];
}

const home = process.cwd();
const folder = temporaryFolder("wrong-configs");
const good = {
  namespace: "models",
  image: { registry: "ghcr.io/acme", builder: "docker-build" },
  source: { image: { path: "models/{name}/{tag}/model.json" } },
  models: { wine: { tag: "1.0.0" } },
};
const examples = parse(
  fs.readFileSync(path.join(__dirname, "wrongConfigs.yaml"), "utf8"),
) as WrongConfig[];

function problemsOf(config: Config): Problem[] {
  return checkConfig(structuredClone(config)).problems;
}

const lineOf = ({ path, message }: Problem) => `${keyOf(path)}: ${message}`;

function answers(config: Config): string[] {
  return problemsOf({ ...good, ...config }).map(lineOf);
}

function get(config: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (parent, key) => (parent as Record<PropertyKey, unknown> | undefined)?.[key],
    config,
  );
}

function set(config: Config, path: KeyPath, value: unknown): void {
  const parent = path.slice(0, -1).reduce<Record<PropertyKey, unknown>>((above, key) => {
    above[key] ??= {};
    return above[key] as Record<PropertyKey, unknown>;
  }, config);
  parent[path.at(-1) as PropertyKey] = value;
}

function remove(config: Config, path: KeyPath): void {
  const parent = get(config, path.slice(0, -1));
  if (Array.isArray(parent)) {
    parent.splice(Number(path.at(-1)), 1);
  } else {
    delete (parent as Record<PropertyKey, unknown>)[path.at(-1) as PropertyKey];
  }
}

function move(config: Config, from: KeyPath, to: KeyPath): void {
  const value = get(config, from);
  remove(config, from);
  // What is there already was said in the right place.
  if (get(config, to) === undefined) {
    set(config, to, value);
  }
}

const sibling = (path: KeyPath, key: string): KeyPath => [...path.slice(0, -1), key];

/** What a message says is accepted, as one who follows it to the letter would write it. */
const accepted: [says: RegExp, write: (match: RegExpExecArray) => unknown][] = [
  [/write ("[^"]*") with the quotes/, ([, text]) => JSON.parse(text ?? "")],
  [/write none$/, () => "none"],
  [/such as (\S+?)[,\s]/, ([, example]) => example],
  [/such as (\S+)$/, ([, example]) => example],
  [/a whole number from (\d+)/, ([, least]) => Number(least)],
  [/accepted: (\w+), \w+ or \w+$/, ([, first]) => first],
  [/accepted: ([\w-]+) or [\w-]+$/, ([, first]) => (first === "true" ? true : first)],
  [/sha256: and 64 hex digits/, () => `sha256:${"a".repeat(64)}`],
  [/64 hex digits/, () => "a".repeat(64)],
  [/the name of a file$/, () => "model.json"],
  [
    /a mapping with image, configMap, /,
    () => ({ image: { path: "models/{name}/{tag}/model.json" } }),
  ],
  [/a list of mappings with host and paths/, () => [{ host: "a.b" }]],
  [/a list of mappings with secretName and hosts/, () => [{ secretName: "tls", hosts: ["a.b"] }]],
  [/at least one model's name to its settings/, () => ({ wine: { tag: "1.0.0" } })],
  [/a mapping with tag and any of/, () => ({ tag: "1.0.0" })],
  [/the path of a file/, () => "models/{name}/{tag}/model.json"],
  [/s3:\/\/bucket\/key/, () => "s3://bucket/key"],
  [/a path that does not start with/, () => "abs"],
  [/: lower-case letters, digits/, () => "lower-case"],
  [/lower-case letters, digits/, () => "lower-case"],
  [/the name of a Secret$/, () => "regcred"],
  [/text$/, () => "text"],
];

/** How a message's remedy is followed; the first that fits. */
const remedies: [
  says: RegExp,
  follow: (config: Config, path: KeyPath, match: RegExpExecArray) => void,
][] = [
  [
    /did you mean ([\w-]+)\?/,
    (config, path, [, key]) => move(config, path, sibling(path, key ?? "")),
  ],
  [/belongs to \w+: (\S+)$/, (config, path, [, to]) => move(config, path, (to ?? "").split("."))],
  [
    /use instead: (\w+)$/,
    (config, path, [, to]) => move(config, path, [...path.slice(0, -2), to ?? ""]),
  ],
  [/^unknown key; accepted: /, (config, path) => remove(config, path)],
  [/leave it out/, (config, path) => remove(config, path)],
  [/only goes with image\.digest, and there is none/, (config, path) => remove(config, path)],
  [/name one in namespace$/, (config, path) => set(config, sibling(path, "namespace"), "models")],
  [
    /put \{name\} into the host/,
    (config, path) =>
      set(config, [...path, "host"], `{name}.${String(get(config, [...path, "host"]))}`),
  ],
  [
    /^not a usable name; accepted: lower-case/,
    (config, path) => move(config, path, sibling(path, "lower-case")),
  ],
  [
    /an argument of serving\/Dockerfile/,
    (config, path) => move(config, path, sibling(path, "REQUIREMENTS")),
  ],
  ...accepted.map(([says, write]): (typeof remedies)[number] => [
    says,
    (config, path, match) => set(config, path, write(match)),
  ]),
  // A mapping of settings, none of which has to be said.
  [/accepted: a mapping (with any )?of /, (config, path) => set(config, path, {})],
];

/** Messages that no program can follow, and why. */
const forPeople: [says: RegExp, reason: string][] = [
  [
    /^found [0-9a-f]{64}, but .* has [0-9a-f]{64}$/,
    "the pin may be right, and the file the wrong one",
  ],
  [/^no model file at /, "the file may have to be put there, or the path be another"],
];

function follow(config: Config, { path, message }: Problem): void {
  for (const [says, remedy] of remedies) {
    const match = says.exec(message);
    if (match !== null) {
      remedy(config, path, match);
      return;
    }
  }
  assert.fail(`no remedy in: ${message}`);
}

/** Does what the answers say until there is none, or one for people, which is returned. */
function mend(wrong: Config): RegExp | undefined {
  const config: Config = structuredClone({ ...good, ...wrong });
  // A key in its right place may have a wrong value, which is told then.
  for (let step = 0; step < 8; step++) {
    const [problem] = problemsOf(config);
    if (problem === undefined) {
      return undefined;
    }
    const [said] = forPeople.find(([says]) => says.test(problem.message)) ?? [];
    if (said !== undefined) {
      return said;
    }
    follow(config, problem);
    const left = problemsOf(config).map(lineOf);
    assert.ok(!left.includes(lineOf(problem)), `did not help: ${lineOf(problem)}`);
  }
  return assert.fail(`still wrong: ${problemsOf(config).map(lineOf).join("; ")}`);
}

describe("a configuration as people type it", () => {
  before(() => {
    for (const name of ["wine", "iris"]) {
      fs.mkdirSync(path.join(folder, "models", name, "1.0.0"), { recursive: true });
      fs.writeFileSync(path.join(folder, "models", name, "1.0.0", "model.json"), "{}");
    }
    process.chdir(folder);
  });
  after(() => process.chdir(home));

  it("is answered with nothing if it is right", () => {
    assert.deepEqual(answers({}), []);
  });

  for (const { config, says } of examples) {
    it(`is answered with its mistake: ${JSON.stringify(config).slice(0, 90)}`, () => {
      assert.ok(says.length > 0);
      assert.deepEqual(answers(config), says);
    });
  }

  for (const { config } of examples) {
    it(`is right after what the answers say was done: ${JSON.stringify(config).slice(0, 90)}`, () => {
      mend(config);
    });
  }

  it("is left to people by those messages only that no program can follow", () => {
    const met = new Set(examples.flatMap(({ config }) => mend(config) ?? []));
    assert.deepEqual([...met].map(String).sort(), forPeople.map(([says]) => String(says)).sort());
  });
});
