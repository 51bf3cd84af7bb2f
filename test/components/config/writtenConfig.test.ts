/** Scalars that YAML reads as something else than one sees, and models in files of their own. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { checkWritten } from "../../../components/config/check";
import { lineOf } from "../../../components/config/configError";
import { sizeWarning, tooLarge } from "../../../components/config/size";
import { withModelFiles } from "../../../components/config/written";
import { temporaryFolder } from "../../temporaryFolder";

const home = process.cwd();
const folder = temporaryFolder("written-config");

/** A stack's file, whose settings are read as Pulumi reads them: by YAML 1.1, dates becoming text. */
function check(text: string) {
  const { config = {} } = parse(text, {
    version: "1.1",
    reviver: (_, value) =>
      value instanceof Date
        ? value.toISOString().replace("T", " ").replace(".000Z", " +0000 UTC")
        : value,
  }) as { config?: Record<string, unknown> };
  const settings = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith("p:"))
      .map(([key, value]) => [key.replace(/^p:/, ""), value]),
  );
  const written = withModelFiles(settings, { text, name: "Pulumi.test.yaml", prefix: "p:" });
  const { config: checked, problems } = checkWritten(written);
  return { config: checked, lines: problems.map((problem) => lineOf(problem, written.files)) };
}

const stack = (model: string, further = "") =>
  `config:
  p:namespace: models
  p:image: { registry: ghcr.io/acme, builder: docker-build }
  p:source: { configMap: { path: model.json } }
${further}  p:models:
    wine:
${model.replace(/^/gm, "      ")}
`;

describe("how a configuration is written", () => {
  before(() => {
    process.chdir(folder);
    fs.writeFileSync("model.json", "{}");
  });
  after(() => process.chdir(home));
  afterEach(() => {
    fs.rmSync("models.d", { recursive: true, force: true });
  });

  const dates: [where: string, model: string, key: string, source: string][] = [
    ["a tag", "tag: 2024-05-01", "tag", "2024-05-01"],
    [
      "an annotation",
      "tag: a\nvalues: { podAnnotations: { day: 2024-05-01 } }",
      "values.podAnnotations.day",
      "2024-05-01",
    ],
    [
      "a label",
      "tag: a\nvalues:\n  podLabels:\n    day: 2024-5-1",
      "values.podLabels.day",
      "2024-5-1",
    ],
    [
      "a variable",
      "tag: a\nvalues:\n  env:\n    - name: DAY\n      value: 2024-05-01 10:00:00",
      "values.env[0].value",
      "2024-05-01 10:00:00",
    ],
    [
      "an annotation of the ingress",
      "tag: a\ningress: { hosts: [{host: a.b}], annotations: { day: 2024-05-01T10:00:00Z } }",
      "ingress.annotations.day",
      "2024-05-01T10:00:00Z",
    ],
    [
      "a build argument",
      "tag: a\nimage: { buildArgs: { DAY: 2024-05-01 } }",
      "image.buildArgs.DAY",
      "2024-05-01",
    ],
  ];
  for (const [where, model, key, source] of dates) {
    it(`is told of a date without quotes as ${where}, and the remedy works`, () => {
      assert.deepEqual(check(stack(model)).lines, [
        `models.wine.${key}: found ${source} without quotes, which YAML takes for a date and changes; write "${source}" with the quotes`,
      ]);
      assert.deepEqual(
        check(stack(model.replace(source, `"${source}"`))).lines.filter(
          (line) => !line.includes("tag such as"),
        ),
        [],
      );
    });
  }

  it("is told of what Pulumi has made of a date, when it wrote the file anew", () => {
    const made: [source: string, meant: string][] = [
      ["2024-05-01 00:00:00 +0000 UTC", "2024-05-01"],
      ["2024-05-01 10:30:00 +0000 UTC", "2024-05-01 10:30:00"],
    ];
    for (const [source, meant] of made) {
      assert.deepEqual(
        check(stack(`tag: a\nvalues: { podAnnotations: { day: ${source} } }`)).lines,
        [
          `models.wine.values.podAnnotations.day: found ${source}, which Pulumi has made of a date without quotes; write "${meant}" with the quotes`,
        ],
      );
    }
    assert.deepEqual(
      check(stack("tag: a\nvalues: { podAnnotations: { day: 2024-05-01 at noon } }")).lines,
      [],
    );
  });

  const numbers: [source: string, number: number][] = [
    ["010", 8],
    ["0x1F", 31],
    ["0b11", 3],
    ["1_000", 1000],
    ["08", 8],
  ];
  for (const [source, number] of numbers) {
    it(`is told what number ${source} is, whether a number or text is meant`, () => {
      const message = `found ${source} without quotes, which YAML takes for the number ${number}; write ${number}, or "${source}" with the quotes if text is meant`;
      assert.deepEqual(check(stack(`tag: ${source}`)).lines, [`models.wine.tag: ${message}`]);
      assert.deepEqual(check(stack(`tag: a\nreplicas: ${source}`)).lines, [
        `models.wine.replicas: ${message}`,
      ]);
      assert.deepEqual(check(stack("tag: a", `  p:replicas: ${source}\n`)).lines, [
        `replicas: ${message}`,
      ]);
      assert.deepEqual(check(stack(`tag: "${source}"`)).lines, []);
      assert.deepEqual(check(stack(`tag: a\nreplicas: ${number}`)).lines, []);
    });
  }

  const scalars = ["1.10", "1e3", "20240501", "true", "1.0", ".5", "12345678901234567890"];
  for (const source of scalars) {
    it(`is told to write ${source} with quotes where text is wanted`, () => {
      const annotation = (value: string) =>
        `tag: a\nvalues: { podAnnotations: { x: ${value} } }\ningress: { hosts: [{ host: a.b }], annotations: { x: ${value} } }`;
      const { lines } = check(stack(annotation(source)));
      assert.equal(lines.length, 2, lines.join("\n"));
      for (const line of lines) {
        assert.ok(line.endsWith(`; accepted: text; write "${source}" with the quotes`), line);
      }
      assert.deepEqual(check(stack(annotation(`"${source}"`))).lines, []);
    });
  }

  it("is not told to use quotes where they would not help", () => {
    const { lines } = check(
      stack("tag: a\nreplicas: 1.5\nallowPickle: 1\nvalues: { autoscaling: { enabled: 1 } }"),
    );
    assert.deepEqual(lines, [
      "models.wine.allowPickle: found 1; accepted: true or false",
      "models.wine.replicas: found 1.5; accepted: a whole number from 0 to 1000",
      "models.wine.values.autoscaling.enabled: found 1; accepted: true or false",
    ]);
  });

  it("does not show a password", () => {
    const { lines } = check(
      stack("tag: a\nimage: { credentials: { username: ci, password: 2024-05-01 } }"),
    );
    assert.match(lines.join(), /^models\.wine\.image\.credentials\.password: .* put it in quotes$/);
    assert.doesNotMatch(lines.join(), /2024/);
  });

  it("leaves the settings of providers alone", () => {
    assert.deepEqual(check(stack("tag: a", "  kubernetes:context: 2024-05-01\n")).lines, []);
  });

  it("may use every quantity that Kubernetes knows", () => {
    const amounts = [
      "1e3",
      ".5",
      "250u",
      "100n",
      "0.5",
      "1.",
      "2",
      "1Ki",
      "128974848",
      "1E2",
      "3E",
      "1e-1",
      '"1e3"',
      "+1",
    ];
    for (const amount of amounts) {
      const { lines } = check(stack(`tag: a\nresources: { limits: { cpu: ${amount} } }`));
      assert.deepEqual(lines, [], amount);
    }
    for (const amount of ["512MB", "1 Gi", "-1", "1ki", "0.5.1", "abc"]) {
      const { lines } = check(stack(`tag: a\nresources: { limits: { cpu: ${amount} } }`));
      assert.match(
        lines.join(),
        /^models\.wine\.resources\.limits\.cpu: found .*; accepted: a quantity/,
      );
    }
  });
});

describe("models in files of their own", () => {
  before(() => {
    process.chdir(folder);
    fs.writeFileSync("model.json", "{}");
  });
  after(() => process.chdir(home));
  beforeEach(() => {
    fs.rmSync("models.d", { recursive: true, force: true });
    fs.mkdirSync("models.d");
  });

  const write = (name: string, text: string) => fs.writeFileSync(path.join("models.d", name), text);
  const from = (models = "") => `config:
  p:namespace: models
  p:image: { registry: ghcr.io/acme, builder: docker-build }
  p:source: { configMap: { path: model.json } }
  p:modelsFrom: models.d
${models}`;

  it("are what they would be in the stack's file, with its settings for all", () => {
    write("wine.yaml", "tag: 1.0.0\nreplicas: 2\n");
    write("iris.yaml", "tag: 2.0.0 # the newest\n");
    fs.writeFileSync(path.join("models.d", "README.md"), "# Models");
    const { config, lines } = check(from("  p:models: { inline: { tag: 3.0.0 } }\n"));
    assert.deepEqual(lines, []);
    assert.deepEqual(
      config?.models.map(({ name, args }) => [name, args.version, args.replicas, args.namespace]),
      [
        ["inline", "3.0.0", undefined, "models"],
        ["iris", "2.0.0", undefined, "models"],
        ["wine", "1.0.0", 2, "models"],
      ],
    );
  });

  it("are named with their file and the key in it", () => {
    write("wine.yaml", "tga: 1.0.0\n");
    write("iris.yaml", "tag: 1.10\nvalues: { podAnnotations: { day: 2024-05-01 } }\n");
    write("Bad.yaml", "tag: a\n");
    write("empty.yaml", "");
    write("broken.yaml", "tag: [\n");
    write("list.yaml", "- tag: a\n");
    const { lines } = check(from());
    assert.deepEqual(
      lines
        .map((line) => line.replace(/; accepted: .*/, "").replace(/is no YAML: .*/, "is no YAML"))
        .sort(),
      [
        "models.d/Bad.yaml: not a usable name",
        "models.d/broken.yaml: is no YAML",
        "models.d/empty.yaml: tag: missing",
        "models.d/iris.yaml: tag: found 1.1",
        'models.d/iris.yaml: values.podAnnotations.day: found 2024-05-01 without quotes, which YAML takes for a date and changes; write "2024-05-01" with the quotes',
        'models.d/list.yaml: found [{"tag":"a"}]',
        "models.d/wine.yaml: tag: missing",
        "models.d/wine.yaml: tga: unknown key; did you mean tag?",
      ],
    );
    assert.ok(lines.some((line) => line.endsWith('write "1.10" with the quotes')));
  });

  it("are refused where one is in the stack's file too, as after `pulumi config set`", () => {
    write("wine.yaml", "tag: 1.0.0\n");
    assert.deepEqual(check(from("  p:models: { wine: { tag: 2.0.0 } }\n")).lines, [
      "models.d/wine.yaml: stands in Pulumi.test.yaml too; edit it in models.d/wine.yaml, and remove it there: pulumi config rm --path models.wine",
    ]);
  });

  it("hold nothing secret", () => {
    write(
      "wine.yaml",
      "tag: a\nimage: { credentials: { username: ci, password: hunter2 } }\nvalues: { env: [{ name: A, value: { secure: v1:abc } }] }\n",
    );
    const { lines } = check(from());
    assert.deepEqual(
      lines.map((line) => line.split("; ")[1]),
      [
        "remove it and set it for all models: pulumi config set --secret --path image.credentials.password",
        "name a Secret of the cluster instead, or move the model to models.wine of the stack's own file",
      ],
    );
    assert.doesNotMatch(lines.join(), /hunter2|v1:abc/);
  });

  const folders: [what: string, prepare: () => void, message: RegExp][] = [
    [
      "is not there",
      () => fs.rmdirSync("models.d"),
      /found "models\.d", which is no folder; accepted: a folder/,
    ],
    [
      "is a file",
      () => {
        fs.rmdirSync("models.d");
        fs.writeFileSync("models.d", "");
      },
      /which is no folder/,
    ],
    ["is empty", () => undefined, /models\.d holds no file NAME\.yaml; put one there/],
    [
      "holds other names",
      () => write("wine.yml", "tag: a"),
      /found the file models\.d\/wine\.yml; .* rename it/,
    ],
  ];
  for (const [what, prepare, message] of folders) {
    it(`are asked for where the folder ${what}`, () => {
      prepare();
      const { lines } = check(from());
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.match(lines[0] ?? "", new RegExp(`^modelsFrom: .*${message.source}`));
      fs.rmSync("models.d", { recursive: true, force: true });
    });
  }

  it("are advised before the configuration is larger than a program can get", () => {
    const models = Object.fromEntries(
      Array.from({ length: 800 }, (_, index) => [
        `model-${index}`,
        { tag: "1.0.0", sha256: "a".repeat(64), image: { digest: `sha256:${"b".repeat(64)}` } },
      ]),
    );
    const large = tooLarge("prod", { "p:models": models });
    assert.match(
      large?.message ?? "",
      /^the configuration in Pulumi\.prod\.yaml has 1\d{5} bytes; Pulumi can hand 131057/,
    );
    assert.match(large?.remedy ?? "", /make split STACK=prod$/);
    assert.equal(tooLarge("prod", { "p:models": { wine: models["model-0"] } }), undefined);
    assert.equal(sizeWarning("prod", "x".repeat(90_000)), undefined);
    assert.match(
      sizeWarning("prod", "x".repeat(100_000)) ?? "",
      /has 100000 bytes.*make split STACK=prod$/,
    );
  });
});
