import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { PackageSchema } from "../../provider/packageSchema";
import { settle } from "../../provider/settle";
import { mockPulumi } from "../components/mockedPulumi";

const unknown = () => pulumi.output(pulumi.unknown as unknown as string);

describe("the inputs of a component from another language", () => {
  const schema = PackageSchema.read();
  const settled = (inputs: Record<string, unknown>) =>
    settle(inputs, schema.inputsOf("ModelDeployment"), schema);

  before(() => {
    mockPulumi({ preview: true });
  });

  it("are taken out of outputs where they have to be known", async () => {
    const { args, problems } = await settled({
      version: pulumi.output("1.0.0"),
      source: pulumi.output({ image: { path: "model.ubj" } }),
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(args, { version: "1.0.0", source: { image: { path: "model.ubj" } } });
  });

  it("stay secret and unknown where they need not be known", async () => {
    const password = pulumi.secret("hidden");
    const namespace = unknown();
    const image = { repository: "ghcr.io/acme/wine", credentials: { username: "ci", password } };
    const { args, problems } = await settled({ image, namespace });
    assert.deepEqual(problems, []);
    assert.equal(args.namespace, namespace);
    const credentials = (args.image as { credentials: { password: unknown } }).credentials;
    assert.equal(credentials.password, password);
  });

  it("are refused where they have to be known and are not, and where they are secret", async () => {
    const { problems } = await settled({
      version: unknown(),
      source: { image: { path: pulumi.secret("model.ubj") } },
    });
    assert.deepEqual(
      problems.map(({ path, message }) => [path.join("."), message.split(";")[0]]),
      [
        ["version", "found the output of a resource that does not exist yet"],
        ["source.image.path", "found a secret"],
      ],
    );
  });

  it("keep each chart value secret that came in a secret mapping", async () => {
    const { args } = await settled({ values: pulumi.secret({ server: { threads: 2 } }) });
    const { server } = args.values as Record<string, unknown>;
    assert.ok(pulumi.Output.isInstance(server));
    assert.ok(await pulumi.isSecret(server));
  });

  it("are as if not said where they are null", async () => {
    assert.deepEqual((await settled({ version: "1.0.0", golden: null })).args, {
      version: "1.0.0",
    });
  });
});
