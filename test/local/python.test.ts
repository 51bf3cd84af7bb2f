import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { temporaryFolder } from "../temporaryFolder";

/** What the script itself calls. */
const PROGRAMS = ["bash", "env", "head"];

describe("the Python that everything runs on", () => {
  const script = path.join(PROJECT_DIR, "local", "tools", "python.sh");
  let bare: string;

  before(() => {
    bare = temporaryFolder("bare-path");
    for (const program of PROGRAMS) {
      const found = spawnSync("which", [program], { encoding: "utf8" }).stdout.trim();
      fs.symlinkSync(found, path.join(bare, program));
    }
  });

  const find = (args: string[], env: Record<string, string>) => {
    const { status, stdout, stderr } = spawnSync(script, args, { encoding: "utf8", env });
    return { status, stdout: stdout.trim(), stderr };
  };
  const own = path.join(PROJECT_DIR, ".venv", "bin", "python");
  const version = (python: string) =>
    spawnSync(python, ["-c", "import sys; print(sys.version_info >= (3, 12))"], {
      encoding: "utf8",
    }).stdout.trim();

  it("is found on this machine, and new enough", () => {
    const { status, stdout, stderr } = find([], process.env as Record<string, string>);
    assert.equal(status, 0, stderr);
    assert.equal(version(stdout), "True");
  });

  it("is the one that is named", () => {
    const { status, stdout } = find([own], { PATH: bare, HOME: bare });
    assert.equal(status, 0);
    assert.equal(version(stdout), "True");
  });

  it("is found by any of its names on PATH, also behind one that is too old or a wrapper of nothing", () => {
    const folder = temporaryFolder("old-first");
    fs.writeFileSync(path.join(folder, "python3.13"), "#!/bin/sh\nexit 127\n", { mode: 0o755 });
    fs.writeFileSync(path.join(folder, "python3"), "#!/bin/sh\necho Python 3.8.1; exit 1\n", {
      mode: 0o755,
    });
    fs.writeFileSync(path.join(folder, "python3.14"), `#!/bin/sh\nexec "${own}" "$@"\n`, {
      mode: 0o755,
    });
    const { status, stdout, stderr } = find([], { PATH: `${folder}:${bare}`, HOME: bare });
    assert.equal(status, 0, stderr);
    assert.equal(version(stdout), "True");
  });

  it("is refused with what was found, if the named one does not fit", () => {
    const { status, stderr } = find(["/bin/false"], { PATH: bare, HOME: bare });
    assert.equal(status, 1);
    assert.match(stderr, /^PYTHON=\/bin\/false does not fit .*Python 3\.12 or later/);
  });

  it("comes with three remedies if there is none", () => {
    const { status, stderr } = find([], { PATH: bare, HOME: bare });
    assert.equal(status, 1);
    for (const remedy of ["python3.13-venv", "install uv", "make PYTHON="]) {
      assert.ok(stderr.includes(remedy), stderr);
    }
  });
});
