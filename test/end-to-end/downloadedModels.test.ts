/** Models that pods download from an S3 server and a registry: changed under traffic, and refused. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { awaitPrediction, checkPrediction } from "../../shared/predict";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { pushArtifact, S3_KEYS, type Server, startRegistry, startS3 } from "./modelServers";
import { awaitOnly, duringTraffic } from "./traffic";
import { createNamespace, kubectl, STACK, WorkingCopy } from "./workingCopy";

const NAMESPACE = "downloads";
const SECRET = "model-store";

describe("models that pods download", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;
  const servers: Server[] = [];

  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
    const buckets = copy.pathBeside("buckets");
    fs.mkdirSync(buckets);
    fs.cpSync(copy.path("models"), path.join(buckets, "models"), { recursive: true });
    const s3 = await startS3(buckets, copy.pathBeside());
    servers.push(s3);
    const registry = await startRegistry(copy.pathBeside());
    servers.push(registry);
    const files = ["model.pkl", "golden.json"].map((file) =>
      copy.path("models/diabetes/1.0.0", file),
    );
    await pushArtifact(registry.host, "models/diabetes", "1.0.0", files);

    await createNamespace(NAMESPACE);
    const literals = Object.entries(S3_KEYS).map(
      ([key, value]) => `--from-literal=${key}=${value}`,
    );
    await kubectl("create", "secret", "generic", SECRET, `--namespace=${NAMESPACE}`, ...literals);

    const artifact = `oci://${registry.host}/models/{name}:{tag}`;
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:createNamespace": false,
      "model-deployment:source": {
        uri: {
          location: "s3://models/{name}/{tag}/model.pkl",
          goldenLocation: "s3://models/{name}/{tag}/golden.json",
          s3Endpoint: `http://${s3.host}`,
          existingSecret: SECRET,
        },
      },
      "model-deployment:models": {
        "breast-cancer": { tag: "1.0.0", sha256: copy.sha256("1.0.0") },
        diabetes: {
          tag: "1.0.0",
          sha256: copy.sha256("1.0.0", "diabetes"),
          source: {
            uri: {
              location: artifact,
              goldenLocation: `${artifact}#golden.json`,
              ociPlainHttp: true,
            },
          },
        },
      },
    }));
  });

  after(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    // The servers' files are beside the copy.
    await copy?.removeWithStack();
  });

  it("answer right, from S3 and from a registry", async () => {
    await copy.up();
    for (const name of ["breast-cancer", "diabetes"]) {
      const golden = copy.golden("1.0.0", name);
      const { ingressUrl } = await copy.model(name);
      await awaitPrediction(ingressUrl, { golden, sha256: copy.sha256("1.0.0", name) });
    }
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });

  it("change without a failed request and without a new image", async () => {
    const before = await copy.model();
    await copy.setConfig("models.breast-cancer.tag", "2.0.0");
    await copy.setConfig("models.breast-cancer.sha256", copy.sha256("2.0.0"));
    const preview = await copy.pulumi("preview", "--diff", "--stack", STACK);
    assert.ok(preview.includes(`"${copy.sha256("1.0.0")}" => "${copy.sha256("2.0.0")}"`), preview);
    const versions = { "1.0.0": copy.golden("1.0.0"), "2.0.0": copy.golden("2.0.0") };
    const traffic = await duringTraffic(before.ingressUrl, versions, async () => {
      await copy.up();
      const expected = { golden: copy.golden("2.0.0"), sha256: copy.sha256("2.0.0") };
      await awaitOnly(before.ingressUrl, expected);
    });
    assert.deepEqual(traffic.failures, [], `of ${traffic.total} requests`);
    assert.ok((traffic.byVersion["1.0.0"] ?? 0) > 0, JSON.stringify(traffic.byVersion));
    assert.equal((await copy.model()).image, before.image);
  });

  it("never get traffic with another sha256; the update says why, the old model goes on", async () => {
    const { ingressUrl } = await copy.model();
    copy.writeConfig((config) => ({ ...config, "model-deployment:release": { timeout: 30 } }));
    await copy.setConfig("models.breast-cancer.sha256", "0".repeat(64));
    const versions = { "2.0.0": copy.golden("2.0.0") };
    let said = "";
    const traffic = await duringTraffic(ingressUrl, versions, async () => {
      said = await copy.failingUp();
    });
    assert.deepEqual(traffic.failures, [], `of ${traffic.total} requests`);
    assert.match(
      said,
      /container fetch-model of pod breast-cancer-\S+ ended with exit code 1:\n.*has sha256 \w+, but 0{64} is pinned/,
    );
  });

  it("are refused at once without their Secret; the stack is usable afterwards", async () => {
    const { ingressUrl } = await copy.model();
    await copy.setConfig("models.breast-cancer.sha256", copy.sha256("2.0.0"));
    await copy.setConfig("source.uri.existingSecret", "no-such-secret");
    const versions = { "2.0.0": copy.golden("2.0.0") };
    let said = "";
    const traffic = await duringTraffic(ingressUrl, versions, async () => {
      said = await copy.failingUp();
    });
    assert.match(said, /model\.uri\.existingSecret is no-such-secret, .* has no such Secret/);
    assert.deepEqual(traffic.failures, [], `of ${traffic.total} requests`);
    await copy.setConfig("source.uri.existingSecret", SECRET);
    await copy.up();
    await checkPrediction(ingressUrl, { golden: copy.golden("2.0.0") });
  });
});
