import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { type ModelSettings, planModel } from "../../../components/model/plan";
import { findLock } from "../../../components/model/requirements";
import { temporaryFolder } from "../../temporaryFolder";

const root = temporaryFolder("requirements");
const platform = "linux/amd64";
const hash = `--hash=sha256:${"a".repeat(64)}`;
const pickle = Buffer.from([0x80, 0x05, 0x95, 0x00]);

/** Writes a folder with these files and returns its path. */
function write(files: Record<string, string | Buffer>): string {
  const folder = fs.mkdtempSync(path.join(root, "model-"));
  for (const [name, content] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

/** A lock as `make lock-model` writes it. */
function lockOf(requirements: string, changes: Record<string, string> = {}): string {
  const source = `sha256:${createHash("sha256").update(requirements).digest("hex")}`;
  const facts = { source, python: "3.13", platform, ...changes };
  const head = Object.entries(facts).map(([name, value]) => `# ${name}: ${value}\n`);
  return `# Made.\n${head.join("")}numpy==2.5.5 \\\n    ${hash}\n    # via the requirements\n`;
}

const find = (files: Record<string, string>, name = "requirements.txt") => {
  const folder = write(files);
  const lock = findLock(path.join(folder, name), { platform });
  return lock && path.relative(folder, lock);
};

function refused(files: Record<string, string>, reason: RegExp): void {
  assert.throws(() => find(files), reason);
}

describe("the lock of packages that a model needs", () => {
  const loose = "# of the pipeline\nnumpy\n";

  it("is the file itself where each package has a hash", () => {
    const complete = `numpy==2.5.5 \\\n  ${hash} \\\n  ${hash}\n# a comment\nscipy==1.18.1 ${hash}\n`;
    assert.equal(find({ "requirements.txt": complete }), "requirements.txt");
    assert.equal(find({ "wine.lock": complete }, "wine.lock"), "wine.lock");
  });

  it("is the one beside it that was made of it, whatever the line ends of the checkout", () => {
    const files = { "requirements.txt": loose, "requirements.lock": lockOf(loose) };
    assert.equal(find(files), "requirements.lock");
    const windows = loose.replaceAll("\n", "\r\n");
    assert.equal(find({ ...files, "requirements.txt": windows }), "requirements.lock");
    assert.equal(find({ "wine.in": loose, "wine.lock": lockOf(loose) }, "wine.in"), "wine.lock");
  });

  it("is not needed where nothing is required", () => {
    assert.equal(find({ "requirements.txt": "# nothing\n\n" }), undefined);
  });

  it("is asked for with the command that makes it", () => {
    refused(
      { "requirements.txt": loose },
      /the packages in \S+requirements\.txt are not locked: there is no \S+requirements\.lock; lock them: make lock-model REQUIREMENTS=\S+requirements\.txt \(or set image\.requirements to none/,
    );
    const folder = write({ "requirements.txt": loose });
    assert.throws(
      () =>
        findLock(path.join(folder, "requirements.txt"), {
          platform: "linux/arm64",
          baseImage: "localhost:5001/python:3.13",
        }),
      / ARGS="--platform=linux\/arm64 --base-image=localhost:5001\/python:3\.13" /,
    );
  });

  it("is refused when the requirements have changed since", () => {
    refused(
      { "requirements.txt": `${loose}pandas\n`, "requirements.lock": lockOf(loose) },
      /requirements\.txt has changed since \S+requirements\.lock was made of it; lock them: make lock-model /,
    );
  });

  it("is refused when it is for another platform", () => {
    refused(
      {
        "requirements.txt": loose,
        "requirements.lock": lockOf(loose, { platform: "linux/arm64" }),
      },
      /requirements\.lock is for linux\/arm64, but image\.platform is linux\/amd64; lock them: /,
    );
  });

  it("is refused when it does not say of what it was made", () => {
    refused(
      { "requirements.txt": loose, "requirements.lock": `numpy==2.5.5 ${hash}\n` },
      /requirements\.lock does not say what it was made of; if it is complete, name it in image\.requirements, else lock them/,
    );
  });

  it("is refused when it names more or less than versions and hashes", () => {
    refused(
      { "requirements.txt": `numpy==2.5.5 ${hash}\nscipy\npandas>=3 # new\n` },
      /has hashes for some packages and none for scipy, pandas>=3; remove the hashes and lock them/,
    );
    refused(
      { "requirements.txt": `numpy==2.* ${hash}\nscipy>=1 ${hash}\n` },
      /must hold a version and a hash for each package, and nothing else; found line 1: numpy==2\.\*, line 2: scipy>=1$/,
    );
    const edited = `${lockOf(loose)}<<<<<<< HEAD\nscipy==1.0\n`;
    refused(
      { "requirements.txt": loose, "requirements.lock": edited },
      /nothing else; found line 8: <<<<<<< HEAD, line 9: scipy==1\.0$/,
    );
  });

  it("is refused when the requirements are not there", () => {
    refused(
      { "other.txt": "" },
      /no requirements file at \S+requirements\.txt; \S+ holds other\.txt$/,
    );
  });
});

describe("the packages of an image", () => {
  const requirements = "numpy\n";
  const locked = { "requirements.txt": requirements, "requirements.lock": lockOf(requirements) };

  function planned(changes: Partial<ModelSettings>, image: Partial<ModelSettings["image"]> = {}) {
    const repository = "ghcr.io/acme/wine";
    const { plan, problems } = planModel("wine", {
      version: "1.0.0",
      ...changes,
      image: { repository, ...image },
    });
    const server = plan?.server;
    return {
      requirements: server?.kind === "build" ? server.requirements : undefined,
      problems: problems.map(({ path: at, message }) => `${at.join(".")}: ${message}`),
      notes: plan?.notes,
    };
  }
  const baked = (location: string) => ({ source: { image: { path: location } } });

  it("are those beside a pickle, or in the model's folder", () => {
    const folder = write({ ...locked, "wine.pkl": pickle });
    const expected = {
      requirements: path.join(folder, "requirements.txt"),
      problems: [],
      notes: undefined,
    };
    assert.deepEqual(planned(baked(path.join(folder, "wine.pkl"))), expected);
    const own = write({ ...locked, "predictor.py": "" });
    assert.equal(planned(baked(own)).requirements, path.join(own, "requirements.txt"));
    const configMap = { source: { configMap: { path: own } } };
    assert.equal(planned(configMap).requirements, path.join(own, "requirements.txt"));
  });

  it("are not what lies beside a model of XGBoost, which the server reads alone", () => {
    const folder = write({ "requirements.txt": "jupyter\n", "wine.ubj": "model" });
    const expected = { requirements: undefined, problems: [], notes: undefined };
    assert.deepEqual(planned(baked(path.join(folder, "wine.ubj"))), expected);
  });

  it("are those that are named, for models from anywhere, or none", () => {
    const named = path.join(write(locked), "requirements.txt");
    const claim = { persistentVolumeClaim: { existingClaim: "models" } };
    const elsewhere = { source: claim, sha256: "a".repeat(64) };
    assert.equal(planned(elsewhere, { requirements: named }).requirements, named);
    const folder = write({ "requirements.txt": "numpy\n", "wine.pkl": pickle });
    const none = planned(baked(path.join(folder, "wine.pkl")), { requirements: "none" });
    assert.deepEqual([none.requirements, none.problems], [undefined, []]);
  });

  it("are asked for early, by the setting that names them", () => {
    const folder = write({ "requirements.txt": "numpy\n", "wine.pkl": pickle });
    const [beside] = planned(baked(path.join(folder, "wine.pkl"))).problems;
    assert.match(beside ?? "", /^source\.image\.path: the packages in \S+ are not locked: /);
    const named = { requirements: path.join(folder, "requirements.txt") };
    const [problem] = planned(baked(path.join(folder, "wine.pkl")), named).problems;
    assert.match(problem ?? "", /^image\.requirements: the packages in \S+ are not locked: /);
  });

  it("are nobody's concern in an image that exists", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const existing = planned({}, { digest, requirements: "nowhere.txt" });
    assert.deepEqual([existing.requirements, existing.problems], [undefined, []]);
  });

  it("are not read from conda.yaml, which is said", () => {
    const files = { MLmodel: "flavors:\n", "model.ubj": "x", "conda.yaml": "dependencies:\n" };
    const [problem, ...more] = planned(baked(write(files))).problems;
    assert.match(
      problem ?? "",
      /^source\.image\.path: \S+conda\.yaml is not read, and there is no requirements\.txt beside it; write the packages/,
    );
    assert.deepEqual(more, []);
    assert.deepEqual(planned(baked(write(files)), { requirements: "none" }).problems, []);
    assert.deepEqual(planned(baked(write({ ...files, ...locked }))).problems, []);
  });

  it("come with what is told of another Python", () => {
    const files = { MLmodel: "flavors:\n", "model.ubj": "x", "python_env.yaml": "python: 3.9.1\n" };
    assert.match(planned(baked(write(files))).notes?.[0] ?? "", /was saved by Python 3\.9/);
  });
});
