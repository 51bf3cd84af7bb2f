import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { MAX_FILES, type ModelFolder } from "../../../components/model/folder";
import { contentsOf, readModel } from "../../../components/model/localModel";
import { pythonNotes } from "../../../components/model/mlflow";
import { temporaryFolder } from "../../temporaryFolder";

const root = temporaryFolder("model-folder");

interface Vector {
  what: string;
  files: Record<string, string>;
  sha256: string;
}

const vectors = JSON.parse(fs.readFileSync("serving/tests/model_folders.json", "utf8")) as Vector[];

const sha256Of = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

/** Writes a folder with these files and returns its path. */
function write(files: Record<string, string | Buffer>): string {
  const folder = fs.mkdtempSync(path.join(root, "model-"));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
  return folder;
}

function read(files: Record<string, string | Buffer>): ModelFolder {
  const model = readModel(write(files));
  assert.equal(model.format, "folder");
  return model as ModelFolder;
}

const refused = (location: string, reason: RegExp) =>
  assert.throws(() => readModel(location), reason);

describe("a model that is a folder", () => {
  for (const { what, files, sha256 } of vectors) {
    it(`is identified by names and contents: ${what}`, () => {
      assert.equal(read(files).sha256, sha256);
    });
  }

  it("is identified as a shell would do it", () => {
    const folder = write({
      "predictor.py": "x",
      "a/b": "1",
      "a-b": "2",
      B: "3",
      "golden.json": "{}",
    });
    // As docs/model-sources.md has it.
    const command =
      "find . -type f -not -path '*/.*' -not -path '*/__pycache__/*' -not -path ./golden.json -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum";
    const documents = fs.readFileSync("docs/model-sources.md", "utf8").replace(/\s*\\\n\s*/g, " ");
    assert.ok(documents.includes(command), "the documents have another command");
    const printed = execFileSync("bash", ["-c", command], { cwd: folder, encoding: "utf8" });
    assert.equal(readModel(folder).sha256, printed.split(" ")[0]);
  });

  it("has another identity with another content, name or file, and no other with other golden requests", () => {
    const files = { "predictor.py": "x", "data.csv": "1" };
    const { sha256 } = read(files);
    assert.equal(read({ ...files, "golden.json": "{}", "__pycache__/a.pyc": "y" }).sha256, sha256);
    const others = [
      read({ ...files, "data.csv": "2" }),
      read({ "predictor.py": "x", "data2.csv": "1" }),
      read({ ...files, "more.csv": "" }),
    ].map((model) => model.sha256);
    assert.equal(new Set([sha256, ...others]).size, 4);
  });

  it("is its file alone if it holds nothing else", () => {
    const model = readModel(write({ "model.ubj": "model", "golden.json": "{}" }));
    assert.equal(model.format, "ubj");
    assert.equal(model.sha256, sha256Of("model"));
    assert.ok(model.goldenPath?.endsWith("/golden.json"));
  });

  it("goes with what it holds, but for caches and hidden files, to where the server finds it", () => {
    const model = read({
      MLmodel: "flavors:\n",
      "code/steps.py": "",
      "model.xgb": "model",
      "golden.json": "{}",
      ".git/HEAD": "",
      ".ipynb_checkpoints/x.ipynb": "",
      "code/__pycache__/steps.pyc": "",
    });
    assert.equal(model.kind, "mlflow");
    assert.deepEqual(
      [...contentsOf(model).keys()],
      ["MLmodel", "code/steps.py", "model.xgb", "golden.json"],
    );
    assert.equal(model.size, "flavors:\nmodel".length);
    assert.equal(model.goldenSize, 2);
  });

  it("holds a pickle if a file of it is one", () => {
    const pickle = Buffer.from([0x80, 0x05, 0x95, 0x00]);
    assert.equal(read({ "predictor.py": "", "scaler.joblib": pickle }).isPickle, true);
    assert.equal(read({ "model.json": pickle, "features.json": "[]" }).isPickle, true);
    assert.equal(read({ "predictor.py": "", "data.csv.gz": "\x1f\x8b" }).isPickle, false);
    assert.equal(read({ "model.json": "{}", "features.json": "[]" }).isPickle, false);
  });

  const wrong: [what: string, files: Record<string, string>, reason: RegExp][] = [
    [
      "without a model",
      { "notes.md": "", "wine.pkl": "x" },
      /holds no model \(notes\.md, wine\.pkl\); accepted: MLmodel \(of MLflow\), predictor\.py, or one file model\.\* \(\.pkl, /,
    ],
    ["without any file", { "__pycache__/a.pyc": "" }, /holds no model \(no file\); accepted: /],
    [
      "with both ways to be one",
      { MLmodel: "", "predictor.py": "" },
      /holds both MLmodel and predictor\.py, .*remove one of them$/,
    ],
    [
      "with two models",
      { "model.pkl": "x", "model.ubj": "y", "a.txt": "" },
      /holds model\.pkl and model\.ubj; keep one of them, or say in predictor\.py/,
    ],
    ["with an empty model", { "model.ubj": "", "a.txt": "" }, /model\.ubj is empty$/],
    [
      "with a name that no list of sums can hold",
      { "predictor.py": "", "a\nb": "" },
      /"\S+a\\nb" has a backslash or a control character in its name; rename it$/,
    ],
  ];
  for (const [what, files, reason] of wrong) {
    it(`is refused ${what}`, () => {
      refused(write(files), reason);
    });
  }

  it("is refused with links and whatever is no file, all at once", () => {
    const folder = write({ "predictor.py": "" });
    fs.symlinkSync("predictor.py", path.join(folder, "link.py"));
    fs.symlinkSync("/etc", path.join(folder, "etc"));
    execFileSync("mkfifo", [path.join(folder, "pipe")]);
    refused(
      folder,
      /etc is a symbolic link; put a copy .*; \S+link\.py is a symbolic link; .*; \S+pipe is not a regular file; put a copy of the file there instead$/,
    );
  });

  it("is refused with so many files that it must be another folder", () => {
    const files = Object.fromEntries(Array.from({ length: MAX_FILES - 1 }, (_, n) => [`${n}`, ""]));
    const folder = write({ ...files, "predictor.py": "" });
    assert.equal((readModel(folder) as ModelFolder).files.length, MAX_FILES);
    fs.writeFileSync(path.join(folder, "one-more"), "");
    refused(folder, /holds more than 1000 files; name the folder with the model alone$/);
  });

  it("is told if another Python has saved it", () => {
    const saved = (files: Record<string, string>) =>
      pythonNotes(read({ MLmodel: "flavors:\n", "model.ubj": "x", ...files }));
    assert.deepEqual(saved({ "python_env.yaml": "python: 3.13.2\nbuild_dependencies:\n" }), []);
    assert.match(
      saved({ "python_env.yaml": 'python: "3.11.8"\n' })[0] ?? "",
      /was saved by Python 3\.11, and the image has 3\.13: golden requests show whether/,
    );
    assert.match(
      saved({ MLmodel: "flavors:\n  python_function:\n    python_version: 3.12.1\n" })[0] ?? "",
      /was saved by Python 3\.12, /,
    );
    assert.deepEqual(saved({}), []);
  });

  it("knows the Python of the image", () => {
    const dockerfile = fs.readFileSync("serving/Dockerfile", "utf8");
    const { python } = require("../../../components/arguments/defaults").defaults.image;
    assert.match(
      dockerfile,
      new RegExp(`^ARG BASE_IMAGE=python:${python.replace(".", "\\.")}-`, "m"),
    );
  });
});
