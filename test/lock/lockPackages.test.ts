import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { temporaryFolder } from "../temporaryFolder";

const root = temporaryFolder("lock");
const project = process.cwd();
const CLI = path.join(project, "lock", "cli.ts");

/** Takes the place of the builder: keeps what it was given, and gives what a build would. */
const BUILDX = `#!/bin/sh
for argument in "$@"; do
  case $argument in
    --output=type=local,dest=*) made=\${argument#--output=type=local,dest=} ;;
  esac
  context=$argument
done
printf '%s\\n' "$@" > "$KEPT/arguments"
printf '%s' "$MODEL_DEPLOYMENT_PIP_CONFIG" > "$KEPT/pip.conf"
(cd "$context" && find . -type f | sort) > "$KEPT/context"
cp "$context/packages/requirements.txt" "$KEPT/requirements.txt"
[ -z "$BROKEN" ] || { echo "cannot reach https://user:hunter2@example.com/" >&2; exit 1; }
mkdir "$made"
printf '%s' "$SAID" > "$made/said.txt"
[ -n "$REFUSED" ] || echo "numpy==2.5.5 --hash=sha256:00" > "$made/requirements.lock"
`;

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe("the command that locks packages", () => {
  let folder: string;
  const kept = (name: string) => fs.readFileSync(path.join(folder, "kept", name), "utf8");

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(root, "work-"));
    for (const name of ["bin", "kept", "empty"]) {
      fs.mkdirSync(path.join(folder, name));
    }
    fs.writeFileSync(path.join(folder, "bin", "buildx"), BUILDX, { mode: 0o755 });
    fs.writeFileSync(path.join(folder, "requirements.txt"), "numpy\n");
  });

  function lock(args: string[], env: Record<string, string> = {}): Outcome {
    const { PIP_INDEX_URL: _, PIP_EXTRA_INDEX_URL: __, ...own } = process.env;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--require", require.resolve("ts-node/register/transpile-only"), CLI, ...args],
      {
        cwd: folder,
        encoding: "utf8",
        env: {
          ...own,
          PATH: `${path.join(folder, "bin")}:/usr/bin:/bin`,
          KEPT: path.join(folder, "kept"),
          TS_NODE_PROJECT: path.join(project, "tsconfig.json"),
          ...env,
        },
      },
    );
    return { code: status, stdout, stderr };
  }

  it("asks the builder for the stage that resolves, with nothing in it but what that takes", () => {
    const { code, stdout, stderr } = lock(
      ["--platform=linux/arm64", "--base-image=localhost:5001/python:3.13", "requirements.txt"],
      { SAID: "note: xgboost==2 is not installed\n" },
    );
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout,
      "note: xgboost==2 is not installed\nrequirements.lock is written; have it reviewed and commit it\n",
    );
    assert.equal(
      fs.readFileSync(path.join(folder, "requirements.lock"), "utf8"),
      "numpy==2.5.5 --hash=sha256:00\n",
    );
    const given = kept("arguments").split("\n");
    for (const argument of [
      "--target=lock",
      "--platform=linux/arm64",
      "--build-arg=BASE_IMAGE=localhost:5001/python:3.13",
      "--secret=id=pip-config,env=MODEL_DEPLOYMENT_PIP_CONFIG",
    ]) {
      assert.ok(given.includes(argument), argument);
    }
    const context = kept("context");
    assert.match(context, /\.\/Dockerfile\n/);
    assert.match(context, /\.\/model_packages\/lock\.py\n/);
    assert.doesNotMatch(context, /model_server|__pycache__/);
    assert.equal(kept("requirements.txt"), "numpy\n");
  });

  it("asks the index anew each time", () => {
    const moments = [1, 2].map(() => {
      lock(["requirements.txt"]);
      return /--build-arg=MOMENT=(\S+)/.exec(kept("arguments"))?.[1];
    });
    assert.equal(new Set(moments).size, 2, String(moments));
  });

  it("hands the package index on as a secret", () => {
    const url = "https://user:hunter2@example.com/simple";
    const { code } = lock(["requirements.txt"], {
      PIP_INDEX_URL: url,
      PIP_EXTRA_INDEX_URL: "https://one.example.com https://two.example.com",
    });
    assert.equal(code, 0);
    assert.equal(
      kept("pip.conf"),
      `[global]\nindex-url = ${url}\nextra-index-url = https://one.example.com\n  https://two.example.com\n`,
    );
    assert.doesNotMatch(kept("arguments"), /hunter2/);
  });

  it("says why there is no lock, and leaves the old one", () => {
    fs.writeFileSync(path.join(folder, "requirements.lock"), "old");
    const { code, stderr } = lock(["requirements.txt"], {
      REFUSED: "1",
      SAID: "error: one\nerror: https://user:hunter2@example.com/simple\n",
    });
    assert.equal(code, 1);
    assert.match(stderr, /^requirements\.txt cannot be locked for linux\/amd64:\n {2}error: one\n/);
    assert.doesNotMatch(stderr, /hunter2/);
    assert.equal(fs.readFileSync(path.join(folder, "requirements.lock"), "utf8"), "old");
  });

  it("says what the builder says if that fails, without what is secret", () => {
    const { code, stderr } = lock(["requirements.txt"], { BROKEN: "1" });
    assert.equal(code, 1);
    assert.match(stderr, /^the builder has failed:\ncannot reach https:\/\//);
    assert.doesNotMatch(stderr, /hunter2/);
  });

  it("says what is missing", () => {
    const outcomes: [args: string[], said: RegExp, env?: Record<string, string>][] = [
      [[], /^one file of requirements, or a model of a stack, is to be named\n\nUsage:/],
      [["one.txt", "two.txt"], /^one file of requirements, or a model of a stack/],
      [["nowhere.txt"], /^there is no file nowhere\.txt/],
      [["--modle=wine"], /Unknown option '--modle'/],
      [["--model=wine", "--stack=prod"], /^prod cannot be read; .*\n.*there is no Pulumi\.yaml/],
      [
        ["requirements.txt"],
        /^neither buildx nor docker is on PATH/,
        { PATH: path.join(folder, "empty") },
      ],
    ];
    for (const [args, said, env] of outcomes) {
      const { code, stderr } = lock(args, env);
      assert.equal(code, 1);
      assert.match(stderr, said);
    }
  });

  it("takes files and image from a model's settings", () => {
    fs.mkdirSync(path.join(folder, "models", "wine"), { recursive: true });
    const beside = path.join(folder, "models", "wine", "requirements.txt");
    fs.writeFileSync(beside, "pandas\n");
    fs.writeFileSync(path.join(folder, "models", "wine", "predictor.py"), "");
    fs.writeFileSync(path.join(folder, "Pulumi.yaml"), "name: p\nruntime: nodejs\n");
    const config = {
      "p:image": {
        registry: "ghcr.io/acme",
        platform: "linux/arm64",
        baseImage: "python:3.13",
        buildArgs: { REQUIREMENTS: "requirements-scikit-learn.txt" },
      },
      "p:source": { image: { path: "models/{name}" } },
      "p:models": {
        wine: { tag: "1.0.0" },
        other: { tag: "1.0.0", source: { image: { path: "x" } } },
      },
    };
    fs.writeFileSync(path.join(folder, "Pulumi.prod.yaml"), JSON.stringify({ config }));
    const { code, stdout, stderr } = lock(["--model=wine", "--stack=prod"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^models\/wine\/requirements\.lock is written/);
    assert.equal(kept("requirements.txt"), "pandas\n");
    for (const argument of [
      "--platform=linux/arm64",
      "--build-arg=BASE_IMAGE=python:3.13",
      "--build-arg=REQUIREMENTS=requirements-scikit-learn.txt",
    ]) {
      assert.ok(kept("arguments").split("\n").includes(argument), argument);
    }
    assert.match(lock(["--model=rose", "--stack=prod"]).stderr, /has no model rose/);
    fs.rmSync(beside);
    assert.match(
      lock(["--model=wine", "--stack=prod"]).stderr,
      /the model wine has no requirements/,
    );
  });
});
