import assert from "node:assert/strict";
import * as fs from "node:fs";
import { checkConfig } from "../../../components/config/check";
import { keyOf } from "../../../components/problems/problem";
import { temporaryFolder } from "../../temporaryFolder";

type Config = Record<string, unknown>;

interface BadConfig {
  what: string;
  change: (config: Config) => void;
  /** The lines of the message, in order: key and text. */
  expected: [key: string, message: string | RegExp][];
}

const folder = temporaryFolder("config-problems");
const sha256OfModel = "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4";

function goodConfig(): Config {
  return {
    namespace: "models",
    createNamespace: true,
    image: { registry: "localhost:5001", builder: "docker-build" },
    source: { image: { path: `${folder}/{name}/{tag}/model.json` } },
    ingress: { hosts: [{ host: "{name}.localhost" }] },
    models: { wine: { tag: "1.0.0" } },
  };
}

/** Sets the value at a path of keys, making mappings on the way. */
function set(path: string, value: unknown): (config: Config) => void {
  return (config) => {
    const keys = path.split("/");
    const last = keys.pop() as string;
    let parent = config;
    for (const key of keys) {
      parent[key] ??= {};
      parent = parent[key] as Config;
    }
    if (value === undefined) {
      delete parent[last];
    } else {
      parent[last] = value;
    }
  };
}

const tagAccepts = "a tag such as 1.0.0 (not latest), in quotes if it looks like a number";

const badConfigs: BadConfig[] = [
  {
    what: "an unknown key near a known one",
    change: set("namspace", "x"),
    expected: [["namspace", "unknown key; did you mean namespace?"]],
  },
  {
    what: "swapped letters in a model's key",
    change: set("models/wine/relpicas", 2),
    expected: [["models.wine.relpicas", "unknown key; did you mean replicas?"]],
  },
  {
    what: "Helm's word for a setting",
    change: set("models/wine/replicaCount", 2),
    expected: [["models.wine.replicaCount", "unknown key; did you mean replicas?"]],
  },
  {
    what: "an unknown key near nothing",
    change: set("image/kubernetes", 2),
    expected: [["image.kubernetes", /^unknown key; accepted: registry, repository, builder, /]],
  },
  {
    what: "a model's key at the top",
    change: set("tag", "1.0.0"),
    expected: [["tag", "belongs to a model: models.<name>.tag"]],
  },
  {
    what: "the version of a model by that word",
    change: set("models/wine/version", "1.0.0"),
    expected: [["models.wine.version", "unknown key; did you mean tag?"]],
  },
  {
    what: "a key of the image in the model",
    change: set("models/wine/digest", "sha256:0"),
    expected: [["models.wine.digest", "belongs to image: models.wine.image.digest"]],
  },
  {
    what: "a kind of source at the top",
    change: set("configMap", { path: "x" }),
    expected: [["configMap", "belongs to source: source.configMap"]],
  },
  {
    what: "no models",
    change: set("models", undefined),
    expected: [
      ["models", "missing; accepted: a mapping of at least one model's name to its settings"],
    ],
  },
  {
    what: "an empty mapping of models",
    change: set("models", {}),
    expected: [
      ["models", "found {}; accepted: a mapping of at least one model's name to its settings"],
    ],
  },
  {
    what: "models as text",
    change: set("models", "wine"),
    expected: [["models", /^found "wine"; accepted: a mapping of at least one/]],
  },
  {
    what: "a model without anything",
    change: set("models/iris", null),
    expected: [["models.iris", /^found null; accepted: a mapping with tag and any of namespace, /]],
  },
  {
    what: "a model's name with capitals",
    change: set("models/Iris", { tag: "1" }),
    expected: [["models.Iris", /^not a usable name; accepted: lower-case letters, digits and -/]],
  },
  {
    what: "a model's name that a Service cannot have",
    change: set("models/4iris", { tag: "1" }),
    expected: [['models["4iris"]', /^not a usable name; .* the first a letter$/]],
  },
  {
    what: "a model's name too long for the chart",
    change: set(`models/${"a".repeat(53)}`, { tag: "1" }),
    expected: [[`models.${"a".repeat(53)}`, /^not a usable name; .* at most 52/]],
  },
  {
    what: "a model without tag",
    change: set("models/wine", {}),
    expected: [["models.wine.tag", `missing; accepted: ${tagAccepts}`]],
  },
  {
    what: "a tag that YAML took for a number",
    change: set("models/wine/tag", 1.1),
    expected: [
      ["models.wine.tag", `found 1.1; accepted: ${tagAccepts}; write "1.1" with the quotes`],
    ],
  },
  {
    what: "the tag latest",
    change: set("models/wine/tag", "latest"),
    expected: [["models.wine.tag", `found "latest"; accepted: ${tagAccepts}`]],
  },
  {
    what: "a tag no registry takes",
    change: set("models/wine/tag", "v1+build"),
    expected: [["models.wine.tag", `found "v1+build"; accepted: ${tagAccepts}`]],
  },
  {
    what: "a registry with a scheme",
    change: set("image/registry", "https://ghcr.io"),
    expected: [
      [
        "image.registry",
        'found "https://ghcr.io"; accepted: a registry such as ghcr.io/acme or localhost:5001',
      ],
    ],
  },
  {
    what: "no registry",
    change: set("image/registry", undefined),
    expected: [["image.registry", "missing; accepted: a registry such as ghcr.io/acme"]],
  },
  {
    what: "no registry, for a model with an image of its own",
    change: (config) => {
      set("image", undefined)(config);
      set("models/wine/image/builder", "docker")(config);
    },
    expected: [
      ["models.wine.image.registry", "missing; accepted: a registry such as ghcr.io/acme"],
    ],
  },
  {
    what: "an unknown builder",
    change: set("image/builder", "kaniko"),
    expected: [["image.builder", 'found "kaniko"; accepted: docker or docker-build']],
  },
  {
    what: "a platform without architecture",
    change: set("image/platform", "arm64"),
    expected: [
      ["image.platform", 'found "arm64"; accepted: a platform such as linux/amd64 or linux/arm64'],
    ],
  },
  {
    what: "a build argument that has a setting of its own",
    change: set("image/buildArgs", { BASE_IMAGE: "x" }),
    expected: [
      [
        "image.buildArgs.BASE_IMAGE",
        /^not a usable name; .* other than BASE_IMAGE \(use baseImage\)/,
      ],
    ],
  },
  {
    what: "a digest cut short",
    change: set("models/wine/image/digest", "sha256:abc"),
    expected: [
      ["models.wine.image.digest", 'found "sha256:abc"; accepted: sha256: and 64 hex digits'],
    ],
  },
  {
    what: "one pull secret instead of a list",
    change: set("image/pullSecrets", "regcred"),
    expected: [["image.pullSecrets", 'found "regcred"; accepted: a list of names of Secrets']],
  },
  {
    what: "replicas in words",
    change: set("replicas", "two"),
    expected: [["replicas", 'found "two"; accepted: a whole number from 0 to 1000']],
  },
  {
    what: "half a replica",
    change: set("models/wine/replicas", 1.5),
    expected: [["models.wine.replicas", "found 1.5; accepted: a whole number from 0 to 1000"]],
  },
  {
    what: "a quantity Kubernetes does not know",
    change: set("resources/limits/memory", "512MB"),
    expected: [
      [
        "resources.limits.memory",
        'found "512MB"; accepted: a quantity such as 500m, 2 or 512Mi, or none',
      ],
    ],
  },
  {
    what: "a host with a scheme",
    change: set("ingress/hosts", [{ host: "http://wine.example.com" }]),
    expected: [
      [
        "ingress.hosts[0].host",
        'found "http://wine.example.com"; accepted: a host name such as {name}.example.com',
      ],
    ],
  },
  {
    what: "a path without slash",
    change: set("ingress/hosts", [{ host: "a.b" }, { host: "c.d", paths: [{ path: "wine" }] }]),
    expected: [
      ["ingress.hosts[1].paths[0].path", 'found "wine"; accepted: a path that starts with /'],
    ],
  },
  {
    what: "an ingress without hosts",
    change: set("ingress", { enabled: true }),
    expected: [["ingress.hosts", "missing; accepted: a list of mappings with host and paths"]],
  },
  {
    what: "a port out of range",
    change: set("ingress/port", 80_000),
    expected: [["ingress.port", "found 80000; accepted: a whole number from 1 to 65535"]],
  },
  {
    what: "an unknown placeholder",
    change: set("ingress/hosts", [{ host: "{model}.localhost" }]),
    expected: [
      ["ingress.hosts[0].host", "found the placeholder {model}; accepted: {name} and {tag}"],
    ],
  },
  {
    what: "an unlimited history",
    change: set("release/maxHistory", 0),
    expected: [["release.maxHistory", "found 0; accepted: a whole number from 1 to 100"]],
  },
  {
    what: "a chart value the deployment sets",
    change: set("models/wine/values/replicaCount", 2),
    expected: [
      ["models.wine.values.replicaCount", "set by the deployment itself; use instead: replicas"],
    ],
  },
  {
    what: "a chart value that does not exist",
    change: set("values/podLabel", { team: "ml" }),
    expected: [
      [
        "values.podLabel",
        "the chart has no such value; did you mean podLabels?; see chart/README.md",
      ],
    ],
  },
  {
    what: "a chart value deep down that Kubernetes does not know",
    change: set("models/wine/values/tolerations", [{ key: "gpu", operater: "Exists" }]),
    expected: [
      [
        "models.wine.values.tolerations[0].operater",
        "the chart has no such value; did you mean operator?; see chart/README.md",
      ],
    ],
  },
  {
    what: "a chart value of another type",
    change: set("values/podLabels", { tier: 1 }),
    expected: [["values.podLabels.tier", 'found 1; accepted: text; write "1" with the quotes']],
  },
  {
    what: "a chart value out of range",
    change: set("values/service", { port: 0, type: "Cluster" }),
    expected: [
      ["values.service.type", 'found "Cluster"; accepted: ClusterIP, NodePort or LoadBalancer'],
      ["values.service.port", "found 0; accepted: at least 1"],
    ],
  },
  {
    what: "creating a namespace of the cluster",
    change: set("namespace", "kube-system"),
    expected: [
      [
        "createNamespace",
        "the namespace kube-system belongs to the cluster; name one in namespace",
      ],
    ],
  },
  {
    what: "no source",
    change: set("source", undefined),
    expected: [
      ["source", /^missing; accepted: a mapping with image, .* \(or set image\.digest\)$/],
    ],
  },
  {
    what: "a model file that is not there",
    change: set("models/wine/tag", "3.0.0"),
    expected: [
      ["source.image.path", /no model file at .*\/wine\/3\.0\.0\/model\.json; .* holds 1\.0\.0/],
    ],
  },
  {
    what: "a folder above that of the model",
    change: set("source/image/path", `${folder}/{name}`),
    expected: [
      [
        "source.image.path",
        /wine holds no model \(1\.0\.0\/model\.json\); accepted: MLmodel \(of MLflow\), predictor\.py, or one file model\.\* \(/,
      ],
    ],
  },
  {
    what: "a file that is no model",
    change: set("models/wine/source/image/path", `${folder}/notes.txt`),
    expected: [
      ["models.wine.source.image.path", /notes\.txt is not named like a model; accepted endings: /],
    ],
  },
  {
    what: "a Git LFS pointer",
    change: set("source/image/path", `${folder}/lfs.pkl`),
    expected: [["source.image.path", /is a Git LFS pointer, .* run: git lfs pull$/]],
  },
  {
    what: "an empty model file",
    change: set("source/image/path", `${folder}/empty.pkl`),
    expected: [["source.image.path", /empty\.pkl is empty$/]],
  },
  {
    what: "a broken symbolic link",
    change: set("source/image/path", `${folder}/link.pkl`),
    expected: [["source.image.path", /is a symbolic link to nowhere\.pkl, which does not exist$/]],
  },
  {
    what: "another model than the pinned one",
    change: set("models/wine/sha256", "0".repeat(64)),
    expected: [["models.wine.sha256", new RegExp(`^found 0{64}, but .* has ${sha256OfModel}$`)]],
  },
  {
    what: "golden requests that are not there",
    change: set("models/wine/golden", `${folder}/wine/golden.json`),
    expected: [["models.wine.golden", /^no golden requests file at /]],
  },
  {
    what: "two sources",
    change: set("source/configMap/path", "model.ubj"),
    expected: [["source", "found image and configMap; accepted: exactly one of them"]],
  },
  {
    what: "a model too large for a ConfigMap",
    change: set("models/wine/source", { configMap: { path: `${folder}/large.ubj` } }),
    expected: [
      [
        "models.wine.source.configMap.path",
        /large\.ubj has 1258292 bytes; a ConfigMap holds 1048576 \(1 MiB\)\. Bake the model into the image/,
      ],
    ],
  },
  {
    what: "a model in a volume without its sha256",
    change: set("models/wine/source", { persistentVolumeClaim: { existingClaim: "models" } }),
    expected: [["models.wine.sha256", /^missing; needed because the model file is not on this/]],
  },
  {
    what: "a model to download without its sha256",
    change: set("models/wine/source", { uri: { location: "s3://models/wine.ubj" } }),
    expected: [["models.wine.sha256", /^missing; needed because the model file is not on this/]],
  },
  {
    what: "a model to download from where nothing can be downloaded from",
    change: set("models/wine/source", { uri: { location: "ftp://models/wine.ubj" } }),
    expected: [["models.wine.source.uri.location", /^found "ftp:.*; accepted: https:.*s3:.*oci:/]],
  },
  {
    what: "a download without the image that does it, where nothing is built",
    change: (config) => {
      set("models/wine/sha256", "a".repeat(64))(config);
      set("models/wine/source", { uri: { location: "s3://models/wine.ubj" } })(config);
      set("models/wine/image", { digest: `sha256:${"a".repeat(64)}` })(config);
    },
    expected: [["models.wine.source.uri.image", /^missing; needed because with image\.digest/]],
  },
  {
    what: "a pickle where none is allowed",
    change: (config) => {
      set("allowPickle", false)(config);
      set("models/wine/source/image/path", `${folder}/pickle.pkl`)(config);
    },
    expected: [
      ["models.wine.source.image.path", /pickle\.pkl is a pickle, .* allowPickle is false/],
    ],
  },
  {
    what: "two models that build one server image differently",
    change: (config) => {
      const source = { configMap: { path: `${folder}/wine/1.0.0/model.json` } };
      set("models/wine/source", source)(config);
      set("models/iris", { tag: "1", source, image: { baseImage: "other" } })(config);
    },
    expected: [
      ["models.iris.image", /^another model builds localhost:5001\/model-server differently/],
    ],
  },
  {
    what: "several mistakes of both kinds at once",
    change: (config) => {
      set("image/builder", "kaniko")(config);
      set("image/registry", "https://x")(config);
      set("models/wine/tag", "3.0.0")(config);
      set("models/iris", { replicas: -1 })(config);
    },
    expected: [
      ["models.iris.tag", `missing; accepted: ${tagAccepts}`],
      ["models.iris.replicas", "found -1; accepted: a whole number from 0 to 1000"],
      ["image.registry", /^found "https:\/\/x"/],
      ["image.builder", /^found "kaniko"/],
      ["source.image.path", /^no model file at .*\/wine\/3\.0\.0\/model\.json/],
    ],
  },
];

describe("what a wrong stack config is answered with", () => {
  before(() => {
    fs.mkdirSync(`${folder}/wine/1.0.0`, { recursive: true });
    fs.writeFileSync(`${folder}/wine/1.0.0/model.json`, "model");
    fs.writeFileSync(`${folder}/notes.txt`, "notes");
    fs.writeFileSync(`${folder}/large.ubj`, Buffer.alloc(1.2 * 1024 * 1024 + 1, "{"));
    fs.writeFileSync(`${folder}/pickle.pkl`, Buffer.from([0x80, 0x05]));
    fs.writeFileSync(`${folder}/empty.pkl`, "");
    fs.writeFileSync(
      `${folder}/lfs.pkl`,
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    );
    fs.symlinkSync("nowhere.pkl", `${folder}/link.pkl`);
  });

  it("nothing, if it is right", () => {
    assert.deepEqual(checkConfig(goodConfig()).problems, []);
  });

  for (const { what, change, expected } of badConfigs) {
    it(what, () => {
      const config = goodConfig();
      change(config);
      const { problems } = checkConfig(config);
      const found = problems.map(({ path, message }): [string, string] => [keyOf(path), message]);
      assert.deepEqual(
        found.map(([key]) => key),
        expected.map(([key]) => key),
        JSON.stringify(found, null, 2),
      );
      expected.forEach(([, message], index) => {
        const actual = found[index]?.[1] ?? "";
        if (typeof message === "string") {
          assert.equal(actual, message);
        } else {
          assert.match(actual, message);
        }
      });
    });
  }

  it("never with the password itself", () => {
    const config = goodConfig();
    set("image/credentials", { username: "ci", password: 31337 })(config);
    const [problem] = checkConfig(config).problems;
    assert.equal(keyOf(problem?.path ?? []), "image.credentials.password");
    assert.doesNotMatch(problem?.message ?? "", /31337/);
  });
});
