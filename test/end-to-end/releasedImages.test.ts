/** The images of a release, as `release/images.sh` pushes them, in the registry of the local platform. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { BASE_IMAGE, PROJECT_DIR, REGISTRY } from "../../local/settings";
import { tryRun } from "../../shared/run";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS } from "../timeouts";

const REPOSITORIES = `${REGISTRY}/released`;
const VERSION = "0.0.1";

interface Provenance {
  SLSA: {
    buildDefinition: {
      externalParameters: { request: { args: Record<string, string> } };
      resolvedDependencies: { uri: string; digest: { sha256: string } }[];
    };
  };
}
interface Image {
  config: { User: string; Entrypoint: string[]; Labels: Record<string, string> };
}

describe("the images of a release", function () {
  this.timeout(TEST_TIMEOUT_MS);

  const root = temporaryFolder("released-images");
  const env = { ...environment(true), BASE_IMAGE };
  const run = async (program: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await tryRun(program, args, { cwd: PROJECT_DIR, env });
    assert.equal(code, 0, `${program} ${args.join(" ")}\n${stdout}\n${stderr}`);
    return stdout;
  };
  const script = (command: string, image: string, ...architectures: string[]) =>
    run("release/images.sh", command, REPOSITORIES, VERSION, image, ...architectures);
  const inspect = async <T>(image: string, what: string): Promise<Record<string, T>> => {
    const name = `${REPOSITORIES}/${image}:${VERSION}`;
    const format = `{{ json .${what} }}`;
    return JSON.parse(await run("buildx", "imagetools", "inspect", "--format", format, name));
  };

  for (const [image, target, module] of [
    ["model-server", "runtime", "model_server"],
    ["model-fetcher", "fetcher", "model_fetcher"],
  ] as const) {
    it(`have ${image} for each architecture under one name, with what it was built from`, async () => {
      await script("build", image, "amd64");
      // No image of ours: that takes a machine of its kind.
      fs.writeFileSync(path.join(root, "Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
      const standIn = `${REPOSITORIES}/${image}:${VERSION}-arm64`;
      await run("buildx", "build", "--platform=linux/arm64", `--tag=${standIn}`, "--push", root);
      await script("index", image, "amd64", "arm64");

      const images = await inspect<Image>(image, "Image");
      assert.deepEqual(Object.keys(images).sort(), ["linux/amd64", "linux/arm64"]);
      const { config } = images["linux/amd64"] ?? {};
      assert.equal(config?.Labels["org.opencontainers.image.version"], VERSION);
      assert.equal(config?.User, "10001");
      assert.deepEqual(config?.Entrypoint.slice(1), ["-m", module]);

      const { SLSA } = (await inspect<Provenance>(image, "Provenance"))["linux/amd64"] ?? {};
      assert.equal(SLSA?.buildDefinition.externalParameters.request.args.target, target);
      const [base] = BASE_IMAGE.split(":").slice(-1);
      assert.ok(
        SLSA?.buildDefinition.resolvedDependencies.some(
          ({ uri, digest }) =>
            uri.includes(`python@${base}`) && /^[0-9a-f]{64}$/.test(digest.sha256),
        ),
        JSON.stringify(SLSA?.buildDefinition.resolvedDependencies),
      );
    });
  }

  it("are of a name and a command that exist", async () => {
    for (const [args, message] of [
      [["build", REPOSITORIES, VERSION, "wine", "amd64"], /unknown image 'wine'; one of: model-s/],
      [["push", REPOSITORIES, VERSION, "model-server"], /unknown command 'push'; one of: build/],
    ] as const) {
      const { code, stderr } = await tryRun("release/images.sh", [...args], {
        cwd: PROJECT_DIR,
        env,
      });
      assert.equal(code, 1);
      assert.match(stderr, message);
    }
  });
});
