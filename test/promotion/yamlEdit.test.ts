import assert from "node:assert/strict";
import * as fs from "node:fs";
import { parse } from "yaml";
import { type Edit, editYaml } from "../../promotion/yamlEdit";

const sha256 = "01a8d40e332de3d6afdc7bb4c28024a580cc3214af2264cfe1ed519bf5518db7";
const digest = `sha256:${"b7e3c2d1".repeat(8)}`;

/** Lines of both texts that the other does not have. */
function changedLines(before: string, after: string): { gone: string[]; come: string[] } {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return {
    gone: old.filter((line) => !now.includes(line)),
    come: now.filter((line) => !old.includes(line)),
  };
}

interface Case {
  it: string;
  text: string;
  edits: [path: string, value: Edit["value"]][];
  gives: string | undefined;
}

const cases: Case[] = [
  {
    it: "replaces a value and keeps the comment and the spaces beside it",
    text: "a:\n    tag:   1.0.0     # the old one\n",
    edits: [["a/tag", "2.0.0"]],
    gives: "a:\n    tag:   2.0.0     # the old one\n",
  },
  {
    it: "keeps quotes as they were",
    text: "a: 'x'\nb: \"y\"\n",
    edits: [
      ["a", "it's"],
      ["b", "z"],
    ],
    gives: "a: 'it''s'\nb: \"z\"\n",
  },
  {
    it: "puts a new key behind the one edited before, with the indentation of the file",
    text: "models:\n    wine:\n        tag: 1.0.0 # now\n        # how many\n        replicas: 2\n\n\n    iris: x\n",
    edits: [
      ["models/wine/tag", "2.0.0"],
      ["models/wine/sha256", sha256],
      ["models/wine/image/digest", digest],
    ],
    gives: `models:\n    wine:\n        tag: 2.0.0 # now\n        sha256: ${sha256}\n        image:\n            digest: ${digest}\n        # how many\n        replicas: 2\n\n\n    iris: x\n`,
  },
  {
    it: "puts a new key at the end of a mapping and not behind the comments that follow",
    text: "a:\n  b: 1\n  # of a, or of c\nc: 2\n",
    edits: [["a/d", "x"]],
    gives: 'a:\n  b: 1\n  d: "x"\n  # of a, or of c\nc: 2\n',
  },
  {
    it: "fills a mapping that is empty",
    text: "models:\n  wine:   # new\n  iris: {}\n",
    edits: [
      ["models/wine/tag", "1.0.0"],
      ["models/iris/tag", "1.0.0"],
    ],
    gives: "models:\n  wine:   # new\n    tag: 1.0.0\n  iris: { tag: 1.0.0 }\n",
  },
  {
    it: "writes into braces",
    text: 'wine: { tag: "1", image: { registry: a } } # short\n',
    edits: [
      ["wine/tag", "2"],
      ["wine/image/digest", digest],
      ["wine/source", { uri: { a: "b" } }],
    ],
    gives: `wine: { tag: "2", image: { registry: a, digest: ${digest} }, source: { uri: { a: "b" } } } # short\n`,
  },
  {
    it: "quotes what could be taken for something else",
    text: "a:\n  x: y\n",
    edits: [
      ["a/x", "1.10"],
      ["a/date", "2026-01-01"],
      ["a/truth", "on"],
      ["a/nothing", "null"],
      ["a/octal", "0o17"],
      ["a/exponent", "1e5"],
      ["a/colon", "a: b"],
    ],
    gives:
      'a:\n  x: "1.10"\n  date: "2026-01-01"\n  truth: "on"\n  nothing: "null"\n  octal: "0o17"\n  exponent: "1e5"\n  colon: "a: b"\n',
  },
  {
    it: "takes a key away with its lines, and a mapping that has no other",
    text: "a:\n  tag: 1\n  image:\n    digest: x # gone\n  values:\n    - 1\n",
    edits: [
      ["a/image/digest", undefined],
      ["a/image/tag", undefined],
      ["a/none/at/all", undefined],
    ],
    gives: "a:\n  tag: 1\n  values:\n    - 1\n",
  },
  {
    it: "leaves other keys of a mapping that loses one",
    text: "a:\n  image:\n    tag: 1.0\n    digest: x\nb: 1\n",
    edits: [["a/image/tag", undefined]],
    gives: "a:\n  image:\n    digest: x\nb: 1\n",
  },
  {
    it: "keeps the line ends of the file",
    text: "a:\r\n  tag: 1.0.0\r\n  x: 1",
    edits: [
      ["a/tag", "2.0.0"],
      ["a/y", { z: "1.2.3" }],
    ],
    gives: "a:\r\n  tag: 2.0.0\r\n  y:\r\n    z: 1.2.3\r\n  x: 1",
  },
  {
    it: "ends the last line before it adds one",
    text: "a:\n  tag: 1.0.0",
    edits: [["a/x", "2.0.0"]],
    gives: "a:\n  tag: 1.0.0\n  x: 2.0.0\n",
  },
  {
    it: "adds behind a text of several lines",
    text: "a:\n  text: |\n    one\n\n    two\n",
    edits: [["a/b", "c-d"]],
    gives: "a:\n  text: |\n    one\n\n    two\n  b: c-d\n",
  },
  {
    it: "changes nothing where the value is there already",
    text: "a:\n  tag: 1.0.0\n",
    edits: [["a/tag", "1.0.0"]],
    gives: "a:\n  tag: 1.0.0\n",
  },
  {
    it: "gives up on what an anchor shares with others",
    text: "a: &both\n  tag: 1.0.0\nb: *both\n",
    edits: [["b/tag", "2.0.0"]],
    gives: undefined,
  },
  {
    it: "gives up on an anchored value that others repeat",
    text: "a: &both\n  tag: 1.0.0\nb: *both\n",
    edits: [["a/tag", "2.0.0"]],
    gives: undefined,
  },
  {
    it: "gives up on a list where a mapping belongs",
    text: "a:\n  - b\n",
    edits: [["a/b", "c"]],
    gives: undefined,
  },
  { it: "gives up on broken YAML", text: "a: [\n", edits: [["a", "b"]], gives: undefined },
];

describe("editing YAML", () => {
  for (const { it: what, text, edits, gives } of cases) {
    it(what, () => {
      const asEdits = edits.map(([path, value]) => ({ path: path.split("/"), value }));
      assert.equal(editYaml(text, asEdits), gives);
    });
  }

  it("changes three lines of the project's own stacks and no other", () => {
    for (const [stack, model] of [
      ["prod", "breast-cancer"],
      ["prod", "diabetes"],
    ] as const) {
      const text = fs.readFileSync(`examples/promotion/Pulumi.${stack}.yaml`, "utf8");
      const path = ["config", "model-deployment:models", model];
      const edited = editYaml(text, [
        { path: [...path, "tag"], value: "2.0.0" },
        { path: [...path, "sha256"], value: `${"f".repeat(63)}0` },
        { path: [...path, "image", "digest"], value: `sha256:${"0".repeat(64)}` },
      ]);
      assert.ok(edited);
      const { gone, come } = changedLines(text, edited);
      assert.deepEqual([gone.length, come.length], [2, 3], "the tag 1.0.0 stands in both models");
      assert.equal(parse(edited).config["model-deployment:models"][model].tag, "2.0.0");
    }
  });
});
