/** One version from the stack's config to the server: what the first accepts, all others take as it is. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { ModelDeployment } from "../../components";
import { checkConfig } from "../../components/config/check";
import { mockPulumi, only as registeredOnly, resolved } from "../components/mockedPulumi";
import { temporaryFolder } from "../temporaryFolder";
import { at, ofKind, render, type Values } from "./helm";
import { python } from "./serving";

const folder = temporaryFolder("model-version");
const location = path.join(folder, "model.ubj");
const home = process.cwd();

const accepted = [
  "1",
  "a",
  "0",
  "007",
  "1e3",
  "2.0",
  "1.0.0",
  "2024-01-02",
  "v1.0.0-rc.1",
  "Wine_Red.2",
  "ALLCAPS",
  "true",
  "null",
  "latest-1",
  "LATEST",
  "a--__..b",
  "9".repeat(63),
  `a${"._-".repeat(20)}.b`,
];
const refused = [
  "",
  "latest",
  "_1",
  ".1",
  "-1",
  "1_",
  "1.",
  "1-",
  "1+build",
  "1 0",
  "1/0",
  "1:0",
  "ä",
  "1\n",
  "9".repeat(64),
];

function configProblems(tag: string): unknown[] {
  const image = { registry: "ghcr.io/acme" };
  const source = { image: { path: location } };
  return checkConfig({ image, source, models: { wine: { tag } } }).problems;
}

/** The values with which the component releases a model. */
async function released(version: string): Promise<Values> {
  const registered = mockPulumi();
  const { releaseName } = new ModelDeployment("wine", {
    version,
    source: { image: { path: location } },
    image: { repository: "ghcr.io/acme/wine" },
  });
  await resolved(releaseName);
  return registeredOnly(registered, "kubernetes:helm.sh/v3:Release").inputs.values;
}

describe("a model's version", () => {
  before(() => {
    fs.writeFileSync(location, "model");
    process.chdir(folder);
  });
  after(() => {
    process.chdir(home);
  });

  for (const version of accepted) {
    it(`${JSON.stringify(version)} is the same from the config to the server`, async () => {
      assert.deepEqual(configProblems(version), []);
      const values = await released(version);
      assert.equal(at(values, "model.version"), version);
      const tag = String(at(values, "image.tag"));
      assert.equal(tag.replace(/-[0-9a-f]{12}$/, ""), version);
      assert.match(tag, /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
      const { metadata, spec } = at(ofKind(render(values), "Deployment")[0], "spec.template") as {
        metadata: { labels: Record<string, string> };
        spec: { containers: { env: { name: string; value?: string }[] }[] };
      };
      assert.equal(metadata.labels["model-serving/version"], version);
      const told = spec.containers[0]?.env.find(
        ({ name }) => name === "MODEL_SERVER_MODEL_VERSION",
      );
      assert.equal(told?.value, version);
    });
  }

  it("is taken by the server as it is", () => {
    const script = `
import json, sys, msgspec
from model_server.settings import Settings
read = [msgspec.convert({"MODEL_VERSION": one}, Settings).model_version for one in json.load(sys.stdin)]
print(json.dumps(read))`;
    const { stdout, stderr } = python(script, JSON.stringify(accepted));
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), accepted);
  });

  for (const version of refused) {
    it(`is not ${JSON.stringify(version)}`, () => {
      const [problem, ...more] = configProblems(version) as { path: unknown; message: string }[];
      assert.deepEqual([problem?.path, more], [["models", "wine", "tag"], []]);
      assert.match(problem?.message ?? "", /accepted: a tag such as 1\.0\.0 \(not latest\)/);
    });
  }
});
