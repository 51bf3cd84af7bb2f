/** `npm test`: what each stack would deploy, without an engine, a cluster or a registry. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

const project = parse(fs.readFileSync("Pulumi.yaml", "utf8")).name;
const digest = `sha256:${"a".repeat(64)}`;

for (const file of fs.readdirSync(".").filter((name) => /^Pulumi\..+\.yaml$/.test(name))) {
  test(`${file} deploys each of its models by digest`, async () => {
    const { config } = parse(fs.readFileSync(file, "utf8"));
    const releases: Record<string, { values: { image: { digest: string } } }> = {};
    await pulumi.runtime.setMocks(
      {
        newResource({ type, name, inputs }) {
          if (type === "kubernetes:helm.sh/v3:Release") {
            releases[name] = inputs;
          }
          // As if the image had been built and pushed.
          return { id: name, state: { ...inputs, digest, repoDigest: `image@${digest}` } };
        },
        call: () => ({}),
      },
      project,
      file.split(".")[1],
    );
    const texts = Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    pulumi.runtime.setAllConfig(Object.fromEntries(texts));
    delete require.cache[require.resolve("./index")];
    const { models } = require("./index") as { models: Record<string, object> };
    await new Promise((resolve) => pulumi.output(models).apply(resolve));

    const wanted = Object.keys(config[`${project}:models`]);
    assert.deepEqual(Object.keys(releases).sort(), wanted.sort());
    for (const release of Object.values(releases)) {
      assert.match(release.values.image.digest, /^sha256:[0-9a-f]{64}$/);
    }
  });
}
