/** The programs in other languages, each with the SDK that Pulumi makes for it: from preview to prediction. */
import * as assert from "node:assert/strict";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { awaitPrediction, checkPrediction } from "../../shared/predict";
import { type RunResult, tryRun } from "../../shared/run";
import { kubectl, WorkingCopy } from "../end-to-end/workingCopy";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";

/** Holds what `examples/python/requirements.txt` asks for, see the Makefile. */
const PYTHON = path.join(PROJECT_DIR, ".tools", "languages", "bin");
const STACK = "languages";

/** A program in a copy of this project, with the package beside it as in a clone. */
class ExampleProgram {
  readonly namespace: string;
  readonly copy: WorkingCopy;

  constructor(readonly language: "python" | "yaml") {
    this.namespace = `languages-${language}`;
    this.copy = WorkingCopy.create(this.namespace);
  }

  async prepare(): Promise<void> {
    await this.run(process.execPath, this.copy.path("provider", "install.js"));
    if (this.language === "python") {
      await this.pulumi(
        ...["package", "gen-sdk", "../../provider", "--language", "python", "--out", "sdks"],
      );
      // As `pulumi package add` does in a project with a virtual environment of its own.
      const quietly = ["--quiet", "--disable-pip-version-check", "--force-reinstall", "--no-deps"];
      await this.run("pip", "install", ...quietly, "./sdks/python");
    }
    await kubectl("create", "namespace", this.namespace);
    await this.pulumi("stack", "init", STACK);
    await this.pulumi("config", "set", "namespace", this.namespace);
  }

  tryRun(program: string, ...args: string[]): Promise<RunResult> {
    const folder = this.copy.path("examples", this.language);
    const env = {
      ...this.copy.env,
      PATH: [PYTHON, this.copy.env.PATH].join(path.delimiter),
    };
    return tryRun(program, args, { cwd: folder, env });
  }

  async run(program: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryRun(program, ...args);
    assert.equal(code, 0, `${program} ${args.join(" ")}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  pulumi(...args: string[]): Promise<string> {
    return this.run("pulumi", ...args, "--non-interactive");
  }

  async url(): Promise<string> {
    const outputs = JSON.parse(await this.pulumi("stack", "output", "--json")) as { url: string };
    return outputs.url;
  }

  async remove(): Promise<void> {
    await this.tryRun("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive");
    await kubectl("delete", "namespace", this.namespace, "--ignore-not-found", "--wait=false");
    this.copy.remove();
  }
}

for (const language of ["python", "yaml"] as const) {
  describe(`a program in ${language}`, function () {
    this.timeout(TEST_TIMEOUT_MS);
    stopAtFirstFailure(this);

    let program: ExampleProgram;
    before(async () => {
      program = new ExampleProgram(language);
      await program.prepare();
    });
    after(() => program.remove());

    if (language === "python") {
      it("passes a type checker, by the SDK's own types", async () => {
        // Pulumi's generator gives a helper of its own a type that mypy does not follow.
        await program.run("mypy", "--strict", "--follow-imports=silent", "__main__.py");
      });
    }

    it("deploys a model, which answers as plain XGBoost does", async () => {
      await program.pulumi("up", "--yes", "--skip-preview");
      const golden = program.copy.golden("1.0.0");
      const url = await program.url();
      await awaitPrediction(url, { golden });
      const { headers } = await checkPrediction(url, { golden });
      assert.equal(headers["x-model-sha256"], program.copy.sha256("1.0.0"));
    });

    it("is no change the second time, nor after a refresh", async () => {
      await program.pulumi("preview", "--expect-no-changes");
      await program.pulumi("refresh", "--yes", "--skip-preview");
      await program.pulumi("preview", "--expect-no-changes");
    });

    it("records no path that another machine has not", async () => {
      const state = await program.pulumi("stack", "export");
      assert.ok(!state.includes(program.copy.folder), state);
      assert.match(state, /"\.\/\.staging\/chart"/);
    });

    it("takes all of it away again", async () => {
      await program.pulumi("destroy", "--yes", "--skip-preview");
      const left = await kubectl("get", "deployments", `--namespace=${program.namespace}`);
      assert.equal(left.trim(), "");
    });
  });
}
