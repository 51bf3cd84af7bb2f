import assert from "node:assert/strict";
import * as fs from "node:fs";
import { generatedSchema, schemaFile } from "../../provider/generate";
import { PackageSchema } from "../../provider/packageSchema";

describe("the schema of the package", function () {
  // It is read from the types of all components.
  this.timeout(60_000);

  it("is what `npm run provider:generate` writes", () => {
    assert.equal(fs.readFileSync(schemaFile, "utf8"), generatedSchema());
  });

  it("has every output of the components", () => {
    const schema = PackageSchema.read();
    assert.deepEqual(schema.outputsOf("ModelDeployment"), [
      "releaseName",
      "namespace",
      "image",
      "model",
      "url",
      "ingressUrl",
    ]);
    assert.deepEqual(schema.outputsOf("ServingImage"), ["reference", "repository", "tag"]);
  });

  it("lets outputs be passed where the components take them, and only there", () => {
    const schema = PackageSchema.read();
    const { version, namespace, image, source } = schema.inputsOf("ModelDeployment");
    assert.equal(version?.plain, true);
    assert.equal(namespace?.plain, undefined);
    const properties = schema.propertiesOf(image ?? {});
    assert.equal(properties?.builder?.plain, true);
    assert.equal(properties?.repository?.plain, undefined);
    assert.equal(source?.plain, true);
  });
});
