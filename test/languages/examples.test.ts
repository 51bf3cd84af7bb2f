/** The programs in other languages, each with the SDK that Pulumi makes for it: from preview to prediction. */
import * as assert from "node:assert/strict";
import { awaitPrediction, checkPrediction } from "../../shared/predict";
import { kubectl, WorkingCopy } from "../end-to-end/workingCopy";
import { copiesOf } from "../package/installed";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { LANGUAGES, type Language, Program } from "./program";

const STACK = "languages";

/** A program in a copy of this project, with the package beside it as in a clone. */
class ExampleProgram extends Program {
  private constructor(
    language: Language,
    readonly namespace: string,
    readonly copy: WorkingCopy,
  ) {
    super(language, copy.path("examples", language), copy.env);
  }

  static async create(language: Language): Promise<ExampleProgram> {
    const namespace = `languages-${language}`;
    const program = new ExampleProgram(language, namespace, WorkingCopy.create(namespace));
    await program.addPackage("../../provider");
    await kubectl("create", "namespace", namespace);
    await program.pulumi("stack", "init", STACK);
    await program.pulumi("config", "set", "namespace", namespace);
    return program;
  }

  async url(): Promise<string> {
    const outputs = JSON.parse(await this.pulumi("stack", "output", "--json")) as { url: string };
    return outputs.url;
  }

  async remove(): Promise<void> {
    await this.tryPulumi("destroy", "--yes", "--skip-preview");
    await kubectl("delete", "namespace", this.namespace, "--ignore-not-found", "--wait=false");
    this.copy.remove();
  }
}

for (const language of LANGUAGES) {
  describe(`a program in ${language}`, function () {
    this.timeout(TEST_TIMEOUT_MS);
    stopAtFirstFailure(this);

    let program: ExampleProgram;
    before(async () => {
      program = await ExampleProgram.create(language);
    });
    after(() => program?.remove());

    if (language !== "yaml") {
      it("passes a type checker, by the SDK's own types", async () => {
        const [checker = "", ...args] = program.check ?? [];
        await program.run(checker, ...args);
      });
    }

    if (language === "typescript") {
      it("has one copy of Pulumi's SDK, which the package's SDK shares", () => {
        assert.deepEqual(copiesOf("@pulumi/pulumi", program.folder), [
          "node_modules/@pulumi/pulumi/package.json",
        ]);
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
