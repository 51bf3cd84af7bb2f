import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { plan } from "../../promotion/plan";
import { Refusal } from "../../promotion/refusal";
import type { ServedModel } from "../../promotion/servedModel";
import { refuseProblems, StackFile } from "../../promotion/stackFile";
import { temporaryFolder } from "../temporaryFolder";

const folder = temporaryFolder("promotion-plan");
const home = process.cwd();
const digest = `sha256:${"a".repeat(64)}`;
const fetcherDigest = `sha256:${"f".repeat(64)}`;
const content = "a model";
const sha256 = createHash("sha256").update(content).digest("hex");

function served(more: Partial<ServedModel> = {}): ServedModel {
  return {
    name: "wine",
    version: "2.0.0",
    sha256,
    source: "image",
    image: { repository: "ghcr.io/acme/wine", tag: "2.0.0", digest },
    release: "wine",
    namespace: "staging",
    ...more,
  };
}

const downloaded = served({
  source: "uri",
  image: { repository: "ghcr.io/acme/model-server", tag: "2f1", digest },
  fetcher: { repository: "ghcr.io/acme/model-server-fetcher", tag: "3e2", digest: fetcherDigest },
});

function stackFile(text: string): StackFile {
  fs.writeFileSync("Pulumi.yaml", "name: model-deployment\n");
  fs.writeFileSync("Pulumi.prod.yaml", text);
  return StackFile.read("acme/model-deployment/prod");
}

/** The target after the promotion, as the program would accept it. */
function promoted(target: StackFile, model: ServedModel): string {
  const { changes } = plan(target, model, "staging");
  const after = target.withModel(model.name, changes);
  refuseProblems(model.name, target, after);
  return after.text;
}

const refuses = (reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error));
  assert.match(error.message, reason);
  return true;
};

const registry = "  model-deployment:image: { registry: ghcr.io/acme }\n";

describe("the plan of a promotion", () => {
  before(() => {
    process.chdir(folder);
    fs.mkdirSync("models/wine/2.0.0", { recursive: true });
    fs.writeFileSync("models/wine/2.0.0/model.ubj", content);
  });
  after(() => {
    process.chdir(home);
  });

  it("changes tag, sha256 and digest, and leaves all else as it is", () => {
    const text = `# for everyone
encryptionsalt: v1:x
config:
  kubernetes:context:   prod
${registry}  model-deployment:replicas: "3"
  model-deployment:models:
      iris:
          tag: 1.0.0
          sha256: ${"2".repeat(64)}
          image: { digest: ${digest} }
      # The one for the red ones.
      wine:
          tag: 1.0.0   # since May
          sha256: ${"1".repeat(64)}
          image:
              digest: sha256:${"0".repeat(64)}
          values:
              env:
                  - name: TOKEN
                    value:
                      secure: v1:abc
`;
    const expected = text
      .replace("1.0.0   # since May", "2.0.0   # since May")
      .replace("1".repeat(64), sha256)
      .replace(`sha256:${"0".repeat(64)}`, digest);
    assert.equal(promoted(stackFile(text), served()), expected);
  });

  it("adds a model that the target has not served yet", () => {
    const text = `config:\n${registry}  model-deployment:models:\n    iris:\n      tag: 1.0.0\n      sha256: ${sha256}\n      image:\n        digest: ${digest}\n`;
    assert.equal(
      promoted(stackFile(text), served()),
      `${text}    wine:\n      tag: 2.0.0\n      sha256: ${sha256}\n      image:\n        digest: ${digest}\n`,
    );
  });

  it("says by which tag people know the image, if it is not the model's", () => {
    const text = `config:\n${registry}  model-deployment:models:\n    wine:\n      tag: 1.0.0\n      sha256: ${sha256}\n      image:\n        digest: ${digest}\n        tag: 1.0.0-rc1\n`;
    assert.doesNotMatch(promoted(stackFile(text), served()), /rc1/);
    const image = { repository: "ghcr.io/acme/wine", tag: "2.0.0-rc7", digest };
    assert.match(promoted(stackFile(text), served({ image })), /^ {8}tag: 2\.0\.0-rc7$/m);
  });

  it("takes the model of a ConfigMap from a file here, which must be the same", () => {
    const text = `config:\n${registry}  model-deployment:source:\n    configMap:\n      path: models/{name}/{tag}/model.ubj\n  model-deployment:models:\n    wine:\n      tag: 1.0.0\n`;
    const image = { repository: "ghcr.io/acme/model-server", tag: "2f1", digest };
    const model = served({ source: "configMap", image });
    const file = stackFile(text);
    assert.match(promoted(file, model), /tag: 2\.0\.0\n {6}sha256: [0-9a-f]{64}\n {6}image:\n/);
    assert.throws(
      () => promoted(file, { ...model, sha256: "3".repeat(64) }),
      refuses(/models\.wine\.sha256: found 3+, but models\/wine\/2\.0\.0\/model\.ubj has/),
    );
    assert.throws(
      () => promoted(file, { ...model, version: "2.1.0" }),
      refuses(/no model file at models\/wine\/2\.1\.0\/model\.ubj/),
    );
  });

  it("names the image that downloads, in a source of the model's own", () => {
    const text = `config:\n${registry}  model-deployment:source:\n    uri:\n      location: s3://prod/{name}/{tag}.ubj\n      secretName: keys\n  model-deployment:models:\n    wine:\n      tag: 1.0.0\n      sha256: ${sha256}\n`;
    const after = promoted(stackFile(text), downloaded);
    assert.ok(
      after.endsWith(
        `    wine:
      tag: 2.0.0
      sha256: ${sha256}
      image:
        digest: ${digest}
        tag: "2f1"
      source:
        uri:
          location: "s3://prod/{name}/{tag}.ubj"
          secretName: "keys"
          image:
            repository: ghcr.io/acme/model-server-fetcher
            digest: ${fetcherDigest}
`,
      ),
      after,
    );
    assert.deepEqual(
      plan(stackFile(text), downloaded, "staging").images.map(({ to }) => to),
      ["ghcr.io/acme/model-server", "ghcr.io/acme/model-server-fetcher"],
    );
  });

  it("pins golden requests as the source does, no longer and no less", () => {
    const text = `config:\n${registry}  model-deployment:models:\n    wine:\n      tag: 1.0.0\n      sha256: ${sha256}\n      source:\n        uri:\n          location: s3://prod/{name}/{tag}.ubj\n          goldenLocation: s3://prod/golden.json\n          goldenSha256: ${"4".repeat(64)}\n`;
    assert.doesNotMatch(promoted(stackFile(text), downloaded), /goldenSha256/);
    const golden = { ...downloaded, goldenSha256: "5".repeat(64) };
    assert.match(promoted(stackFile(text), golden), /goldenSha256: "?5{64}/);
  });

  describe("of a server of somebody's own", () => {
    const ownServer = { path: "/predict", body: '{"features": $features}', answer: "prediction" };
    const own = served({ ownServer, sha256: "" });

    it("goes by the image's digest, to a stack that has the folder it is built of or says how it is run", () => {
      for (const settings of [
        "      image:\n        context: app\n",
        "      values:\n        server:\n          kind: own\n",
      ]) {
        const text = `config:\n${registry}  model-deployment:models:\n    wine:\n      tag: 1.0.0\n${settings}`;
        const after = promoted(stackFile(text), own);
        assert.match(after, /tag: 2\.0\.0/);
        assert.ok(after.includes(digest), after);
        assert.doesNotMatch(after, /sha256: ["']/);
      }
    });

    it("is refused where another kind of server is expected, with what to set", () => {
      const text = `config:\n${registry}  model-deployment:models:\n    wine:\n      tag: 1.0.0\n`;
      assert.throws(
        () => promoted(stackFile(text), own),
        refuses(/by a server of its own.*Set models\.wine\.values\.server there .* kind: own/),
      );
      const expecting = `${text}      values:\n        server:\n          kind: own\n`;
      assert.throws(
        () => promoted(stackFile(expecting), served()),
        refuses(/by this package's server.*Remove models\.wine\.values\.server\.kind/),
      );
    });
  });

  describe("where the model has a file of its own", () => {
    const stack = `config:\n${registry}  model-deployment:replicas: 3\n  model-deployment:modelsFrom: prod.models\n`;
    const wine = `# The one for the red ones.\ntag: 1.0.0   # since May\nsha256: ${"1".repeat(64)}\nimage:\n    digest: sha256:${"0".repeat(64)}\nreplicas: 5\n`;

    beforeEach(() => {
      fs.rmSync("prod.models", { recursive: true, force: true });
      fs.mkdirSync("prod.models");
      fs.writeFileSync("prod.models/wine.yaml", wine);
    });

    const promotedFile = (model: ServedModel) => {
      const target = stackFile(stack);
      const { changes } = plan(target, model, "staging");
      const after = target.withModel(model.name, changes);
      refuseProblems(model.name, target, after);
      return after;
    };

    it("changes that file's lines and no other file", () => {
      const after = promotedFile(served());
      assert.equal(after.path, path.join("prod.models", "wine.yaml"));
      assert.equal(fs.readFileSync(after.path, "utf8"), wine, "written before all is proven");
      after.write();
      assert.equal(
        fs.readFileSync("prod.models/wine.yaml", "utf8"),
        wine
          .replace("1.0.0   # since", "2.0.0   # since")
          .replace("1".repeat(64), sha256)
          .replace(`sha256:${"0".repeat(64)}`, digest),
      );
      assert.equal(fs.readFileSync("Pulumi.prod.yaml", "utf8"), stack);
      assert.deepEqual(fs.readdirSync("prod.models"), ["wine.yaml"]);
    });

    it("adds a model that the target has not served yet to the stack's file", () => {
      const after = promotedFile(served({ name: "iris" }));
      assert.equal(after.path, "Pulumi.prod.yaml");
      after.write();
      assert.match(
        fs.readFileSync("Pulumi.prod.yaml", "utf8"),
        /models:\n +iris:\n +tag: 2\.0\.0\n/,
      );
      assert.equal(fs.readFileSync("prod.models/wine.yaml", "utf8"), wine);
    });

    it("refuses what would be wrong there, and writes nothing", () => {
      fs.writeFileSync("prod.models/wine.yaml", `${wine}replicsa: 2\n`);
      assert.throws(
        () => promotedFile(served()),
        refuses(/prod\.models\/wine\.yaml would be refused[\s\S]*replicsa: unknown key/),
      );
      fs.writeFileSync("prod.models/wine.yaml", "tag: 1.0.0\nsha256: &x a\nimage: *x\n");
      assert.throws(
        () => promotedFile(served()),
        refuses(/prod\.models\/wine\.yaml is written in a way[\s\S]*models\.wine\.tag: "2\.0\.0"/),
      );
      assert.match(
        fs.readFileSync("prod.models/wine.yaml", "utf8"),
        /^tag: 1\.0\.0\nsha256: &x a\n/,
      );
    });
  });

  it("looks for the images where the target's registry is", () => {
    const text = `config:\n  model-deployment:image:\n    registry: quay.io/acme\n  model-deployment:source:\n    uri:\n      location: s3://prod/{tag}.ubj\n  model-deployment:models:\n    wine:\n      tag: 1.0.0\n`;
    const { images } = plan(stackFile(text), downloaded, "staging");
    assert.deepEqual(
      images.map(({ from, to }) => `${from.repository} ${to}`),
      [
        "ghcr.io/acme/model-server quay.io/acme/model-server",
        "ghcr.io/acme/model-server-fetcher quay.io/acme/model-server-fetcher",
      ],
    );
  });

  it("looks for the image that downloads where the target names one, placeholders filled in", () => {
    const named = `{ repository: "quay.io/acme/{name}-fetcher", digest: ${digest} }`;
    const text = `config:\n${registry}  model-deployment:models:\n    wine:\n      tag: 1.0.0\n      source:\n        uri:\n          location: s3://prod/{tag}.ubj\n          image: ${named}\n`;
    const target = stackFile(text);
    const { changes, images } = plan(target, downloaded, "staging");
    assert.equal(images[1]?.to, "quay.io/acme/wine-fetcher");
    assert.match(
      target.withModel("wine", changes).text,
      new RegExp(`repository: "quay.io/acme/{name}-fetcher", digest: ${fetcherDigest}`),
    );
  });

  it("refuses a model that the target takes from elsewhere", () => {
    const text = `config:\n${registry}  model-deployment:models:\n    wine:\n      tag: 1.0.0\n      source: { configMap: { path: x.ubj } }\n`;
    assert.throws(
      () => promoted(stackFile(text), served()),
      refuses(/staging serves it from source\.image, Pulumi\.prod\.yaml from source\.configMap/),
    );
  });

  it("refuses a target whose registry is not known", () => {
    const text = "config:\n  model-deployment:models: {}\n";
    assert.throws(() => promoted(stackFile(text), served()), refuses(/image\.registry: missing/));
  });

  it("refuses what would break the target, not what was broken in another model before", () => {
    const broken = `config:\n${registry}  model-deployment:models:\n    iris:\n      tga: 1.0.0\n`;
    assert.match(promoted(stackFile(broken), served()), /tga: 1\.0\.0/);
    assert.throws(
      () => promoted(stackFile(`${broken}    wine:\n      replicsa: 2\n`), served()),
      refuses(/models\.wine\.replicsa: unknown key; did you mean replicas\?/),
    );
  });

  it("says what to edit by hand in a file that it cannot edit line by line", () => {
    const text = `config:\n${registry}  model-deployment:models:\n    wine: &wine\n      tag: 1.0.0\n    iris: *wine\n`;
    assert.throws(
      () => promoted(stackFile(text), served()),
      refuses(/Edit it by hand:\n.*models\.wine\.tag: "2\.0\.0"/),
    );
  });

  it("is made where the stacks' files are", () => {
    assert.throws(() => StackFile.read("nowhere"), refuses(/no Pulumi\.nowhere\.yaml/));
  });
});
