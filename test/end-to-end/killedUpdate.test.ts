/** Updates killed half-way, on which one goes on by doing what is printed and nothing else. */
import * as assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { awaitPrediction } from "../../shared/predict";
import { tryRun } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { kubectl, STACK, WorkingCopy } from "./workingCopy";

const NAMESPACE = "killed-update";
const NEVER_READY = {
  probes: { startup: { httpGet: { path: "/nowhere", port: "http" }, failureThreshold: 200 } },
};

/** The commands in what was printed: on lines of their own, or in backticks as Pulumi names them. */
function commandsIn(output: string): string[] {
  if (output.includes("currently locked")) {
    return /`(pulumi cancel)`/.exec(output)?.slice(1) ?? [];
  }
  const diagnostics = output.slice(output.indexOf("Diagnostics:"));
  return [...diagnostics.matchAll(/^ {8,}((?:kill|helm|pulumi) .*)$/gm)].map(
    ([, line = ""]) => line,
  );
}

describe("an update that is killed", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;

  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:source": { configMap: { path: "models/{name}/{tag}/model.pkl" } },
    }));
  });

  after(async () => {
    await copy?.removeWithStack();
  });

  async function statusOf(release: string): Promise<string[]> {
    const selector = `--selector=owner=helm,name=${release}`;
    const columns = "--output=jsonpath={range .items[*]}{.metadata.labels.status}{'\\n'}{end}";
    const list = await kubectl("get", "secrets", `--namespace=${NAMESPACE}`, selector, columns);
    return list.trim().split("\n");
  }

  /** Kills pulumi, and not its providers, as soon as Helm has begun. */
  async function killUpdate(release: string, status: string): Promise<void> {
    const update: ChildProcess = copy.spawnPulumi(
      ...["up", "--yes", "--skip-preview", "--stack", STACK],
    );
    update.stdout?.resume();
    update.stderr?.resume();
    const ended = once(update, "exit");
    while (!(await statusOf(release)).includes(status)) {
      assert.equal(update.exitCode, null, "the update ended before it could be killed");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    update.kill("SIGKILL");
    await ended;
  }

  /** Runs what is printed until an update succeeds; resolves with the commands. */
  async function recover(): Promise<string[]> {
    const done: string[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      const { code, stdout, stderr } = await copy.tryPulumi(
        ...["up", "--yes", "--skip-preview", "--stack", STACK],
      );
      if (code === 0) {
        return done;
      }
      const commands = commandsIn(stdout + stderr);
      assert.notDeepEqual(commands, [], `nothing to do is printed:\n${stdout}\n${stderr}`);
      for (const command of commands) {
        checkKill(command);
        // Of a person at a terminal, who would select the stack and answer the question.
        const typed = command === "pulumi cancel" ? `${command} --yes --stack ${STACK}` : command;
        const result = await tryRun("bash", ["-c", typed], { cwd: copy.folder, env: copy.env });
        assert.equal(result.code, 0, `${typed}:\n${result.stdout}\n${result.stderr}`);
        done.push(command);
      }
    }
    throw new Error(`not recovered by ${done.join("; ")}`);
  }

  /** Only what this test has started may be ended. */
  function checkKill(command: string): void {
    for (const pid of /^kill -9 (.*)$/.exec(command)?.[1]?.split(" ") ?? []) {
      assert.equal(fs.realpathSync(`/proc/${pid}/cwd`), fs.realpathSync(copy.folder));
    }
  }

  it("leaves the old model serving, and goes on by what is printed", async () => {
    await copy.up();
    const { ingressUrl } = await copy.model();
    await copy.setConfig("models.breast-cancer.tag", "2.0.0");
    copy.writeConfig((config) => ({ ...config, "model-deployment:values": NEVER_READY }));
    await killUpdate("breast-cancer", "pending-upgrade");
    await awaitPrediction(ingressUrl, { golden: copy.golden("1.0.0") });
    copy.writeConfig(({ "model-deployment:values": _, ...config }) => config);
    const [cancel, kill, rollback, ...more] = await recover();
    assert.equal(cancel, "pulumi cancel");
    assert.match(kill ?? "", /^kill -9 \d+$/);
    assert.equal(rollback, `helm rollback --namespace ${NAMESPACE} breast-cancer 1`);
    assert.deepEqual(more, []);
    await awaitPrediction(ingressUrl, { golden: copy.golden("2.0.0") });
    await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  });

  it("goes on in the same way when a model was installed for the first time", async () => {
    await copy.setConfig("models.wine.tag", "1.0.0");
    const models = (values: object) =>
      copy.writeConfig((config) => ({
        ...config,
        "model-deployment:models": {
          ...(config["model-deployment:models"] as object),
          wine: { tag: "1.0.0", values },
        },
      }));
    models(NEVER_READY);
    await killUpdate("wine", "pending-install");
    models({});
    const [cancel, kill, uninstall, refresh, ...more] = await recover();
    assert.equal(cancel, "pulumi cancel");
    assert.match(kill ?? "", /^kill -9 \d+$/);
    assert.equal(uninstall, `helm uninstall --namespace ${NAMESPACE} wine`);
    assert.equal(refresh, `pulumi refresh --yes --clear-pending-creates --stack ${STACK}`);
    assert.deepEqual(more, []);
    const { ingressUrl } = await copy.model("wine");
    await awaitPrediction(ingressUrl, { golden: copy.golden("1.0.0", "wine") });
    const preview = await copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
    assert.doesNotMatch(preview, /pending operations/);
  });
});
