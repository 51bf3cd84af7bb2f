import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { buildContextDigest, stageBuildContext } from "../../../components/image/buildContext";
import { readModelFile } from "../../../components/model/file";
import { readModel } from "../../../components/model/localModel";
import { temporaryFolder } from "../../temporaryFolder";

const folder = temporaryFolder("build-context");
const home = process.cwd();

const ALLOWED = "# what there is\n*\n!Dockerfile\n!server\n!start\n\n**/__pycache__\n**/*.so\n";

/** Writes a serving folder as a clone under this umask would. */
function cloneServing(name: string, umask: number): string {
  const serving = path.join(folder, name);
  const before = process.umask(umask);
  try {
    fs.mkdirSync(path.join(serving, "server"), { recursive: true });
    fs.writeFileSync(path.join(serving, "Dockerfile"), "FROM scratch\n");
    fs.writeFileSync(path.join(serving, "server", "main.py"), "print('hello')\n");
    fs.writeFileSync(path.join(serving, "start"), "#!/bin/sh\n", { mode: 0o777 });
    fs.writeFileSync(path.join(serving, ".dockerignore"), ALLOWED);
  } finally {
    process.umask(before);
  }
  return serving;
}

/** Everything in a folder: mode and content by path. */
function snapshot(root: string): Record<string, string> {
  const entries = fs.readdirSync(root, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const location = path.join(entry.parentPath, entry.name);
      const mode = (fs.statSync(location).mode & 0o777).toString(8);
      const content = entry.isFile() ? fs.readFileSync(location, "utf8") : "folder";
      return [path.relative(root, location), `${mode} ${content}`];
    }),
  );
}

describe("the build context", () => {
  let workplace: string;

  beforeEach(() => {
    workplace = fs.mkdtempSync(path.join(folder, "program-"));
    process.chdir(workplace);
  });
  after(() => {
    process.chdir(home);
  });

  function model(content = "model", golden?: string) {
    const location = path.join(workplace, "wine.joblib");
    fs.writeFileSync(location, content, { mode: 0o600 });
    if (golden !== undefined) {
      fs.writeFileSync(path.join(workplace, "golden.json"), golden);
    }
    return readModelFile(location);
  }

  it("is a copy of the server and the model at a fixed relative path, with plain modes", () => {
    const context = stageBuildContext("wine", model("model", "{}"), cloneServing("plain", 0o022));
    assert.equal(context, "./.staging/wine");
    assert.deepEqual(snapshot(context), {
      Dockerfile: "644 FROM scratch\n",
      start: "755 #!/bin/sh\n",
      server: "755 folder",
      "server/main.py": "644 print('hello')\n",
      model: "755 folder",
      "model/model.pkl": "644 model",
      "model/golden.json": "644 {}",
    });
  });

  it("is the same whatever the umask of the clone and of the run", () => {
    const usual = snapshot(stageBuildContext("wine", model(), cloneServing("usual", 0o022)));
    fs.rmSync(".staging", { recursive: true });
    const before = process.umask(0o077);
    try {
      const strict = stageBuildContext("wine", model(), cloneServing("strict", 0o077));
      assert.deepEqual(snapshot(strict), usual);
      fs.rmSync(".staging", { recursive: true });
      process.umask(0o000);
      const open = stageBuildContext("wine", model(), cloneServing("open", 0o000));
      assert.deepEqual(snapshot(open), usual);
    } finally {
      process.umask(before);
    }
  });

  it("leaves out tests, caches, documentation, hidden files and what .dockerignore does not name", () => {
    const serving = cloneServing("littered", 0o022);
    const clean = Object.keys(snapshot(stageBuildContext("clean", model(), serving))).sort();
    for (const litter of [
      "tests/test_main.py",
      "server/__pycache__/main.cpython-311.pyc",
      "server/old.pyc",
      ".venv/bin/python",
      ".pytest_cache/x",
      ".env",
      "README.md",
      "requirements-dev.txt",
      "server/libfast.so",
      "build/deep/output.o",
      "server/tests/test_main.py",
      "build/Dockerfile",
      "starter",
    ]) {
      fs.mkdirSync(path.dirname(path.join(serving, litter)), { recursive: true });
      fs.writeFileSync(path.join(serving, litter), "");
    }
    const staged = snapshot(stageBuildContext("wine", model(), serving));
    assert.deepEqual(Object.keys(staged).sort(), clean);
  });

  it("refuses a .dockerignore that is no list of what is allowed", () => {
    const cases: [text: string, found: string][] = [
      ["", "nothing"],
      ["**/*.so\n", "**/*.so"],
      ["*\n!Dockerfile\n!requirements*.txt\n", "!requirements*.txt"],
      ["*\n!server\nserver/main.py\n!server/start\n", "server/main.py, !server/start"],
    ];
    for (const [index, [text, found]] of cases.entries()) {
      const serving = cloneServing(`list-${index}`, 0o022);
      fs.writeFileSync(path.join(serving, ".dockerignore"), text);
      assert.throws(
        () => stageBuildContext("wine", model(), serving),
        (error: Error) => error.message.includes(`found ${found}; accepted: a line *, then`),
      );
    }
  });

  it("holds what the images of this package are built from, whatever lies beside it", () => {
    const context = stageBuildContext("own", undefined, path.join(home, "serving"));
    assert.deepEqual(
      fs
        .readdirSync(context)
        .filter((name) => name !== "model")
        .sort(),
      [
        "Dockerfile",
        "build_native.py",
        "model_fetcher",
        "model_packages",
        "model_server",
        "requirements-build.txt",
        "requirements-fetcher.txt",
        "requirements-packages.txt",
        "requirements-scikit-learn.txt",
        "requirements.txt",
      ],
    );
  });

  it("does not touch files that are as they should be", () => {
    const serving = cloneServing("untouched", 0o022);
    const context = stageBuildContext("wine", model(), serving);
    const files = ["Dockerfile", "start", "server/main.py", "model/model.pkl"];
    const stats = () => files.map((file) => fs.statSync(path.join(context, file)));
    const before = stats().map(({ ino, ctimeMs }) => ({ ino, ctimeMs }));
    stageBuildContext("wine", model(), serving);
    assert.deepEqual(
      stats().map(({ ino, ctimeMs }) => ({ ino, ctimeMs })),
      before,
    );
  });

  it("follows a change of content that keeps the size, with a new time", () => {
    const serving = cloneServing("changed", 0o022);
    const context = stageBuildContext("wine", model("model-1"), serving);
    const staged = path.join(context, "model/model.pkl");
    fs.utimesSync(staged, 1, 1);
    const source = model("model-2");
    fs.utimesSync(source.path, 1, 1);
    stageBuildContext("wine", source, serving);
    assert.equal(fs.readFileSync(staged, "utf8"), "model-2");
    assert.ok(fs.statSync(staged).mtimeMs > 1e12, "BuildKit would take it for unchanged");
  });

  it("repairs modes and removes what does not belong", () => {
    const serving = cloneServing("repaired", 0o022);
    const wanted = snapshot(stageBuildContext("wine", model(), serving));
    fs.chmodSync(".staging/wine/Dockerfile", 0o600);
    fs.chmodSync(".staging/wine/server", 0o700);
    fs.mkdirSync(".staging/wine/old/folder", { recursive: true });
    fs.writeFileSync(".staging/wine/model/model.ubj", "yesterday's format");
    fs.writeFileSync(".staging/wine/model/model.pkl.123.tmp", "left by a crash");
    fs.rmSync(".staging/wine/start");
    fs.mkdirSync(".staging/wine/start");
    assert.deepEqual(snapshot(stageBuildContext("wine", model(), serving)), wanted);
  });

  it("has the whole folder of a model, also what no server would have, and the lock of its packages", () => {
    const location = path.join(workplace, "wine");
    for (const file of ["predictor.py", "tests/rows.md", "lib/fast.so", ".git/HEAD"]) {
      fs.mkdirSync(path.dirname(path.join(location, file)), { recursive: true });
      fs.writeFileSync(path.join(location, file), file, { mode: 0o777 });
    }
    const serving = cloneServing("folder", 0o022);
    const lock = path.join(workplace, "wine.lock");
    fs.writeFileSync(lock, "locked");
    const context = stageBuildContext("wine", readModel(location), serving, lock);
    const { Dockerfile, start, server, "server/main.py": main, ...rest } = snapshot(context);
    assert.deepEqual(rest, {
      model: "755 folder",
      "model/lib": "755 folder",
      "model/lib/fast.so": "644 lib/fast.so",
      "model/predictor.py": "644 predictor.py",
      "model/tests": "755 folder",
      "model/tests/rows.md": "644 tests/rows.md",
      packages: "755 folder",
      "packages/requirements.lock": "644 locked",
    });
    const digest = () => buildContextDigest(context, []);
    const before = digest();
    assert.equal(digest(), before);
    fs.writeFileSync(path.join(location, "lib/fast.so"), "lib/slow.so");
    stageBuildContext("wine", readModel(location), serving, lock);
    const after = digest();
    assert.notEqual(after, before);
    fs.writeFileSync(lock, "another");
    stageBuildContext("wine", readModel(location), serving, lock);
    assert.notEqual(digest(), after);
    stageBuildContext("wine", model(), serving);
    assert.deepEqual(fs.readdirSync(path.join(context, "model")), ["model.pkl"]);
    assert.ok(!fs.existsSync(path.join(context, "packages")));
  });

  it("has no model folder without a model", () => {
    const context = stageBuildContext("runtime", undefined, cloneServing("bare", 0o022));
    assert.deepEqual(fs.readdirSync(context).sort(), ["Dockerfile", "server", "start"]);
  });

  it("refuses a symbolic link in the server", () => {
    const serving = cloneServing("linked", 0o022);
    fs.symlinkSync("main.py", path.join(serving, "server", "link.py"));
    assert.throws(
      () => stageBuildContext("wine", model(), serving),
      /link\.py is a symbolic link; an image is built from regular files only/,
    );
  });
});
