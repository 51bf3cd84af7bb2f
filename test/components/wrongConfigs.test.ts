/** What people type, and every line they are answered with: wrongConfigs.yaml. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { checkConfig } from "../../components/config/check";
import { keyOf } from "../../components/config/problems";
import { temporaryFolder } from "../temporaryFolder";

interface WrongConfig {
  /** Replaces those keys of a good configuration. */
  config: Record<string, unknown>;
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

function answers(config: Record<string, unknown>): string[] {
  const { problems } = checkConfig(structuredClone({ ...good, ...config }));
  return problems.map(({ path, message }) => `${keyOf(path)}: ${message}`);
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
});
