/** What is found in the way of an update before it changes anything, on a real cluster and registry. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { parse, stringify } from "yaml";
import { readModelFile } from "../../components/model/file";
import { permissionsOf } from "../../components/preflight/permissions";
import { KUBECONFIG } from "../../local/settings";
import { awaitPrediction } from "../../shared/predict";
import { run } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { startRegistry } from "./modelServers";
import { awaitRight, createNamespace, kubectl, STACK, WorkingCopy } from "./workingCopy";

const NAMESPACE = "preflight";
/** ci, with the password `right`. */
const ACCOUNTS = "ci:$2b$05$JuJ6Gy6hycVrp7RMERf8SeWNzL0tOtpsT80pYUOjQkGwLgD6ksXmC\n";
const HELD = "held";

interface Kubeconfig {
  clusters: { cluster: { server: string } }[];
  users: { user: object }[];
}

describe("before an update", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;
  let registry: Awaited<ReturnType<typeof startRegistry>>;

  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
    registry = await startRegistry(copy.pathBeside(), ACCOUNTS);
    await createNamespace(NAMESPACE);
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:createNamespace": false,
      "model-deployment:source": { configMap: { path: "models/{name}/{tag}/model.pkl" } },
    }));
  });

  after(async () => {
    await registry?.stop();
    await copy?.removeWithStack();
  });

  /** A kubeconfig like the platform's, but for what is changed in it. */
  function kubeconfig(change: (config: Kubeconfig) => void): string {
    const config = parse(fs.readFileSync(KUBECONFIG, "utf8")) as Kubeconfig;
    change(config);
    const file = copy.pathBeside("kubeconfig");
    fs.writeFileSync(file, stringify(config), { mode: 0o600 });
    return file;
  }

  async function apply(...items: object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await run("kubectl", ["apply", "--filename=-"], { env: copy.env, input });
  }

  async function resources(): Promise<number> {
    const state = JSON.parse(await copy.pulumi("stack", "export", "--stack", STACK)) as {
      deployment: { resources?: { type: string }[] };
    };
    const own = state.deployment.resources ?? [];
    return own.filter(({ type }) => !type.startsWith("pulumi:")).length;
  }

  it("a preview works without the cluster, and says what it could not check", async () => {
    const file = kubeconfig(({ clusters }) => {
      for (const { cluster } of clusters) {
        cluster.server = "https://127.0.0.1:1";
      }
    });
    await copy.setConfig("kubernetes:kubeconfig", file);
    const preview = await copy.pulumi("preview", "--stack", STACK);
    assert.match(
      preview,
      /warning: an update may fail:\n.*https:\/\/127\.0\.0\.1:1 .*does not answer/,
    );
    assert.match(preview, /Not checked: namespaces, rights, the state of releases/);
    const output = await copy.failingUp();
    assert.match(output, /nothing was changed.*\n.*https:\/\/127\.0\.0\.1:1 .*ECONNREFUSED/);
    assert.equal(await resources(), 0);
    await copy.pulumi("config", "rm", "kubernetes:kubeconfig", "--stack", STACK);
  });

  it("all that is in the way is told at once, and nothing is changed", async () => {
    // What Helm leaves behind when it is killed: the labels are all that it is recognised by.
    await apply({
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: `sh.helm.release.v1.${HELD}.v1`,
        namespace: NAMESPACE,
        labels: { owner: "helm", name: HELD, status: "pending-install", version: "1" },
      },
      type: "helm.sh/release.v1",
    });
    const credentials = { username: "ci", password: "wr0ng" };
    const own = registry.host.replace(/^[^:]*/, "127.0.0.1");
    const image = { registry: own, builder: "docker-build", credentials };
    const source = { configMap: { path: "models/wine/1.0.0/model.pkl" } };
    const original = fs.readFileSync(copy.path(`Pulumi.${STACK}.yaml`));
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:image": image,
      "model-deployment:models": {
        [HELD]: { tag: "1.0.0", source },
        lost: { tag: "1.0.0", source, namespace: "nowhere" },
      },
    }));
    const output = await copy.failingUp();
    assert.match(output, /the release held in the namespace preflight is pending-install since/);
    assert.match(output, /^ {8,}helm uninstall --namespace preflight held$/m);
    assert.match(output, /there is no namespace nowhere: set createNamespace: true, or create it:/);
    assert.match(output, /registry 127\.\S+ refuses the account in image\.credentials \(401\)/);
    assert.doesNotMatch(output, /wr0ng/);
    assert.equal(await resources(), 0);
    // A new release that Helm holds is refused by the preview itself, the rest is a warning there.
    const preview = await copy.tryPulumi("preview", "--stack", STACK);
    assert.notEqual(preview.code, 0);
    assert.match(
      preview.stdout,
      /warning: an update may fail:.*held .*pending-install.*no namespace nowhere/s,
    );
    fs.writeFileSync(copy.path(`Pulumi.${STACK}.yaml`), original);
  });

  it("a release that is not the stack's is refused, in the preview too", async () => {
    const helm = (...args: string[]) =>
      run("helm", [...args, `--namespace=${NAMESPACE}`], { cwd: copy.folder, env: copy.env });
    await helm(
      ...["install", "breast-cancer", "chart"],
      ...[
        "--set=replicaCount=0",
        "--set=image.repository=localhost:5001/x",
        "--set=image.tag=1.0.0",
      ],
    );
    const told = /namespace preflight has a release breast-cancer \(deployed since/;
    const preview = await copy.tryPulumi("preview", "--stack", STACK);
    assert.notEqual(preview.code, 0);
    assert.match(preview.stdout, told);
    assert.match(await copy.failingUp(), told);
    await helm("uninstall", "breast-cancer");
  });

  it("an account is told the rights it lacks, and with just these it can deploy", async () => {
    const metadata = { name: "deployer", namespace: NAMESPACE };
    await apply({ apiVersion: "v1", kind: "ServiceAccount", metadata });
    const token = await kubectl("create", "token", "deployer", `--namespace=${NAMESPACE}`);
    const file = kubeconfig(({ users }) => {
      for (const one of users) {
        one.user = { token: token.trim() };
      }
    });
    await copy.setConfig("kubernetes:kubeconfig", file);
    assert.match(
      await copy.failingUp(),
      /this account may not get, list, create, update, delete secrets; .*deployments\.apps.*ingresses\.networking\.k8s\.io in the namespace preflight/,
    );
    const model = readModelFile("models/breast-cancer/1.0.0/model.pkl");
    const source = { kind: "configMap", file: model } as const;
    const rights = permissionsOf(source, { ingress: { hosts: [] } });
    const rules = rights.map(({ group, resource, verbs }) => ({
      apiGroups: [group],
      resources: [resource],
      verbs,
    }));
    const rbac = "rbac.authorization.k8s.io";
    await apply(
      { apiVersion: `${rbac}/v1`, kind: "Role", metadata, rules },
      {
        apiVersion: `${rbac}/v1`,
        kind: "RoleBinding",
        metadata,
        roleRef: { apiGroup: rbac, kind: "Role", name: "deployer" },
        subjects: [{ kind: "ServiceAccount", ...metadata }],
      },
    );
    const account = `system:serviceaccount:${NAMESPACE}:deployer`;
    await awaitRight(account, ["list", "secrets"], NAMESPACE);
    const output = await copy.up();
    assert.match(output, /this account may not list pods or replicasets/);
    const { ingressUrl } = await copy.model();
    await awaitPrediction(ingressUrl, { golden: copy.golden("1.0.0") });
    await copy.setConfig("models.breast-cancer.tag", "2.0.0");
    await copy.up();
    await awaitPrediction(ingressUrl, { golden: copy.golden("2.0.0") });
    await copy.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK);
  });
});
