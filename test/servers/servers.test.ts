/** Servers of other kinds, each with its own Dockerfile, as their example's stack says. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { parse } from "yaml";
import type { Golden } from "../../shared/golden";
import { awaitPrediction } from "../../shared/predict";
import { run } from "../../shared/run";
import { WorkingCopy } from "../end-to-end/workingCopy";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";

const SERVERS = ["fastapi", "bentoml"];

for (const name of SERVERS) {
  describe(`the example ${name}`, function () {
    this.timeout(TEST_TIMEOUT_MS);
    stopAtFirstFailure(this);

    const namespace = `servers-${name}`;
    let copy: WorkingCopy;
    let golden: Golden;

    before(async () => {
      copy = await WorkingCopy.withStack(namespace);
      await run(".venv/bin/python", [copy.path("examples", name, "train.py")]);
      const read = (file: string) => fs.readFileSync(copy.path("examples", name, file), "utf8");
      golden = JSON.parse(read("golden.json")) as Golden;
      const { config: example } = parse(read(`Pulumi.${name}.yaml`));
      copy.writeConfig((config) => ({
        ...config,
        "model-deployment:source": {},
        "model-deployment:image": {
          ...(config["model-deployment:image"] as object),
          context: example["model-deployment:image"].context,
        },
        "model-deployment:values": example["model-deployment:values"],
        "model-deployment:models": example["model-deployment:models"],
      }));
    });

    after(() => copy?.removeWithStack());

    it("is deployed and answers as its model does, and so helm test says", async () => {
      await copy.up();
      const { ingressUrl } = await copy.model(name);
      await awaitPrediction(ingressUrl, { golden });
      const test = ["test", name, `--namespace=${namespace}`, "--logs"];
      const { code, stdout, stderr } = await copy.tryRun("helm", test);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /20 golden requests answered as expected/);
    });
  });
}
