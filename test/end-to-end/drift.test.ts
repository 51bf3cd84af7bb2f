/** What is changed by hand is named by object and field, and nothing else is, on a real cluster. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { KUBECONFIG, PROJECT_DIR } from "../../local/settings";
import { run, waitFor } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { awaitRight, kubectl, STACK, WorkingCopy } from "./workingCopy";

const NAMESPACE = "drift";
const MODEL = "breast-cancer";
/** One whose pods an autoscaler counts. */
const SCALED = "wine";

interface Kubeconfig {
  clusters: { cluster: { server: string } }[];
  users: { user: object }[];
}

interface Outcome {
  code: number | null;
  text: string;
  markdown: string;
}

describe("drift", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let copy: WorkingCopy;

  before(async () => {
    copy = await WorkingCopy.withStack(NAMESPACE);
    const extraObjects = [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "notes" },
        data: { greeting: "hello" },
      },
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "keys" },
        stringData: { key: "st0red" },
      },
    ];
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:source": { configMap: { path: "models/{name}/{tag}/model.pkl" } },
      "model-deployment:models": {
        [MODEL]: {
          tag: "1.0.0",
          values: { extraObjects, env: [{ name: "COLOUR", value: "red" }] },
        },
        [SCALED]: {
          tag: "1.0.0",
          values: { autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 3 } },
        },
      },
    }));
    await copy.up();
  });
  after(async () => {
    await copy?.tryPulumi("refresh", "--yes", "--stack", STACK);
    await copy?.removeWithStack();
  });

  const kube = (...args: string[]) => kubectl(...args, `--namespace=${NAMESPACE}`);
  const patch = (object: string, ...operations: object[]) =>
    kube("patch", object, "--type=json", `--patch=${JSON.stringify(operations)}`);

  function ts(
    cli: string,
    ...args: string[]
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    return copy.tryRun(process.execPath, [
      ...["--require", path.join(PROJECT_DIR, "node_modules/ts-node/register/transpile-only")],
      ...[path.join(PROJECT_DIR, cli), "--markdown", copy.path("summary.md"), ...args, STACK],
    ]);
  }

  async function drift(): Promise<Outcome> {
    const markdown = copy.path("summary.md");
    fs.rmSync(markdown, { force: true });
    const { code, stdout, stderr } = await ts("drift/cli.ts");
    assert.ok(fs.existsSync(markdown), stdout + stderr);
    return { code, text: stdout, markdown: fs.readFileSync(markdown, "utf8") };
  }

  /** That nothing differs any more: a rollback's pods may still be on their way, but not its objects. */
  async function assertNone(): Promise<void> {
    const { code, text } = await drift();
    assert.match(text, /^Stack end-to-end: no drift, \d+ objects of 2 releases compared$/m);
    assert.equal(code, 0, text);
  }

  /** Does what the report says. */
  async function bringBack(text: string): Promise<void> {
    const commands = [...text.matchAll(/^ {2}((?:helm rollback|kubectl patch) .*)$/gm)].map(
      ([, command]) => command ?? "",
    );
    assert.notEqual(commands.length, 0, text);
    await run("bash", ["-ec", commands.join("\n")], { env: copy.env });
  }

  function kubeconfig(change: (config: Kubeconfig) => void): string {
    const config = parse(fs.readFileSync(KUBECONFIG, "utf8")) as Kubeconfig;
    change(config);
    const file = copy.pathBeside("kubeconfig");
    fs.writeFileSync(file, stringify(config), { mode: 0o600 });
    return file;
  }

  it("is none after an update, where an autoscaler has changed the number of pods as well", async () => {
    const replicas = () =>
      kube("get", `deployment/${SCALED}`, "--output=jsonpath={.spec.replicas}");
    assert.ok(await waitFor(async () => (await replicas()) === "2", TIMEOUT_MS, 500));
    await assertNone();
  });

  it("is none for what controllers note, and for defaults that somebody says", async () => {
    const note = ["annotate", `deployment/${MODEL}`, "example.com/seen=yes"];
    await kube(...note, "--field-manager=example-operator");
    await patch(`deployment/${MODEL}`, {
      op: "add",
      path: "/spec/template/spec/restartPolicy",
      value: "Always",
    });
    // Another value and back: the field is noted as written by kubectl, and holds its default.
    for (const value of ["Local", "Cluster"]) {
      await patch(`service/${MODEL}`, { op: "add", path: "/spec/internalTrafficPolicy", value });
    }
    await kube("scale", `deployment/${SCALED}`, "--replicas=3");
    await assertNone();
  });

  it("names what was changed in a Deployment, by field and by whom", async () => {
    await kube("set", "image", `deployment/${MODEL}`, "server=localhost:5001/other:1");
    await kube("set", "env", `deployment/${MODEL}`, "COLOUR=blue", "ADDED=1", "API_TOKEN=hunter2");
    await kube(
      "set",
      "resources",
      `deployment/${MODEL}`,
      "--containers=server",
      "--limits=memory=999Mi",
    );
    await kube("scale", `deployment/${MODEL}`, "--replicas=2");
    await kube("label", `deployment/${MODEL}`, "colour=blue");
    await kube("annotate", `deployment/${MODEL}`, "example.com/by=hand");
    await kube("rollout", "restart", `deployment/${MODEL}`);
    await patch(
      `deployment/${MODEL}`,
      { op: "replace", path: "/spec/template/spec/terminationGracePeriodSeconds", value: 77 },
      { op: "add", path: "/spec/template/spec/hostAliases", value: [{ ip: "10.0.0.1" }] },
      { op: "remove", path: "/spec/template/metadata/labels/team" },
    );
    const { code, text, markdown } = await drift();
    assert.equal(code, 1, text);
    const server = String.raw`spec\.template\.spec\.containers\[server\]`;
    const at = String.raw`, \d{4}-\d\d-\d\d \d\d:\d\d UTC\)`;
    for (const line of [
      `${server}\\.image: localhost:5001/drift/.* → localhost:5001/other:1 \\(kubectl set${at}`,
      `${server}\\.env\\[COLOUR\\]\\.value: red → blue \\(kubectl set${at}`,
      `${server}\\.env\\[ADDED\\]\\.value: not set → 1 \\(kubectl set${at}`,
      `${server}\\.env\\[API_TOKEN\\]\\.value: not set → \\*\\*\\* \\(kubectl set${at}`,
      `${server}\\.resources\\.limits\\.memory: \\S+ → 999Mi \\(kubectl set${at}`,
      `spec\\.replicas: 1 → 2 \\(kubectl scale\\)`,
      `metadata\\.labels\\.colour: not set → blue \\(kubectl label${at}`,
      `metadata\\.annotations\\["example\\.com/by"\\]: not set → hand \\(kubectl annotate${at}`,
      `spec\\.template\\.metadata\\.annotations\\["kubectl\\.kubernetes\\.io/restartedAt"\\]: not set → \\S+ \\(kubectl rollout restart${at}`,
      `spec\\.template\\.spec\\.terminationGracePeriodSeconds: \\d+ → 77 \\(kubectl patch${at}`,
      `spec\\.template\\.spec\\.hostAliases\\[.*\\]: not set → .* \\(kubectl patch${at}`,
      `spec\\.template\\.metadata\\.labels\\.team: data-science → not set`,
    ]) {
      assert.match(text, new RegExp(`^ {4}${line}$`, "m"));
    }
    assert.match(text, /^ {2}Deployment breast-cancer$/m);
    assert.doesNotMatch(text + markdown, /hunter2|example\.com\/seen|Deployment wine|revision"/);
    assert.match(
      markdown,
      /^\| breast-cancer in drift, .* \| `Deployment breast-cancer` \| `spec\.replicas` \| `1 → 2` \|/m,
    );
    assert.equal(text.match(/^ {4}/gm)?.length, 12, text);
  });

  it("is not seen by a refresh", async () => {
    const refreshed = await copy.pulumi("refresh", "--yes", "--stack", STACK);
    assert.doesNotMatch(refreshed, /updated/);
    assert.deepEqual(await copy.previewChanges(), {});
  });

  it("stands in the preview too", async () => {
    const { code, stdout, stderr } = await ts("review/cli.ts");
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^Drift:\n.*breast-cancer in drift/m);
    assert.match(stdout, /spec\.replicas: 1 → 2 \(kubectl scale/);
    assert.doesNotMatch(stdout, /hunter2/);
    const markdown = fs.readFileSync(copy.path("summary.md"), "utf8");
    assert.match(markdown, /`spec\.replicas` \| `1 → 2`/);
  });

  it("goes by what the report says, but for what was added", async () => {
    const { text } = await drift();
    await bringBack(text);
    const after = await drift();
    assert.equal(after.code, 1, after.text);
    assert.match(after.text, /metadata\.labels\.colour: not set → blue/);
    assert.doesNotMatch(after.text, /\.image:|COLOUR|spec\.replicas|limits|labels\.team/);
    await kube("label", `deployment/${MODEL}`, "colour-");
    await kube("annotate", `deployment/${MODEL}`, "example.com/by-");
    await kube("set", "env", `deployment/${MODEL}`, "ADDED-", "API_TOKEN-");
    await patch(
      `deployment/${MODEL}`,
      {
        op: "remove",
        path: "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt",
      },
      { op: "remove", path: "/spec/template/spec/hostAliases" },
    );
    await assertNone();
  });

  it("names what was changed in other objects, and never what a Secret holds", async () => {
    await patch(`service/${MODEL}`, { op: "replace", path: "/spec/ports/0/port", value: 8081 });
    await patch(`ingress/${MODEL}`, {
      op: "replace",
      path: "/spec/rules/0/host",
      value: "other.localhost",
    });
    await patch("configmap/notes", { op: "replace", path: "/data/greeting", value: "bye" });
    const key = Buffer.from("l1ve").toString("base64");
    await patch("secret/keys", { op: "replace", path: "/data/key", value: key });
    const { code, text, markdown } = await drift();
    assert.equal(code, 1, text);
    assert.match(
      text,
      /^ {2}Service breast-cancer\n {4}spec\.ports\[\S+\]\.port: 80 → 8081 \(kubectl patch/m,
    );
    assert.match(
      text,
      /^ {2}Ingress breast-cancer\n {4}spec\.rules\[0\]\.host: breast-cancer\.drift\.localhost → other\.localhost \(kubectl patch/m,
    );
    assert.match(text, /^ {2}ConfigMap notes\n {4}data\.greeting: hello → bye \(kubectl patch/m);
    assert.match(
      text,
      /^ {2}Secret keys\n {4}data\.key: \*\*\* → \*\*\* \(they differ\) \(kubectl patch/m,
    );
    for (const secret of ["st0red", "l1ve", key, Buffer.from("st0red").toString("base64")]) {
      assert.ok(!(text + markdown).includes(secret), text);
    }
    await bringBack(text);
    await assertNone();
  });

  it("names what is gone, and what nobody stored", async () => {
    await kube("delete", `service/${MODEL}`);
    const marks = {
      labels: { "app.kubernetes.io/managed-by": "Helm" },
      annotations: {
        "meta.helm.sh/release-name": MODEL,
        "meta.helm.sh/release-namespace": NAMESPACE,
      },
    };
    const left = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "left", ...marks } };
    await run("kubectl", ["create", "--filename=-", `--namespace=${NAMESPACE}`], {
      env: copy.env,
      input: JSON.stringify(left),
    });
    const { code, text } = await drift();
    assert.equal(code, 1, text);
    assert.match(text, /^ {2}Service breast-cancer: gone$/m);
    assert.match(
      text,
      /^ {2}ConfigMap left: nobody stored it; it is marked as part of this release$/m,
    );
    await bringBack(text);
    await kube("delete", "configmap/left");
    await assertNone();
  });

  it("names what was changed in what Pulumi keeps itself, which a refresh need not see", async () => {
    await kubectl("label", "namespace", NAMESPACE, "colour=blue");
    const { code, text } = await drift();
    assert.equal(code, 1, text);
    assert.match(text, /^ {2}Namespace drift\n {4}metadata\.labels\.colour: not set → blue$/m);
    assert.match(
      text,
      /^ {2}pulumi refresh --yes --stack end-to-end\n {2}pulumi up --stack end-to-end$/m,
    );
    assert.doesNotMatch(text, /helm rollback/);
    const refreshed = await copy.pulumi("refresh", "--preview-only", "--stack", STACK);
    assert.doesNotMatch(refreshed, /Namespace.* update/);
    await kubectl("label", "namespace", NAMESPACE, "colour-");
    await assertNone();
  });

  it("hides texts of a release that has secrets among its values", async () => {
    await copy.setConfig("models.breast-cancer.values.env[0].value", "s3cret-red", "--secret");
    await copy.up();
    await assertNone();
    await kube("set", "env", `deployment/${MODEL}`, "COLOUR=blue");
    await kube("set", "image", `deployment/${MODEL}`, "server=localhost:5001/other:1");
    const { code, text, markdown } = await drift();
    assert.equal(code, 1, text);
    assert.match(text, /env\[COLOUR\]\.value: \*\*\* → \*\*\* \(they differ\)/);
    assert.match(text, /\.image: localhost:5001\/drift\/.* → localhost:5001\/other:1/);
    assert.doesNotMatch(text + markdown, /s3cret|blue/);
  });

  it("names a release that somebody has rolled back", async () => {
    const args = ["rollback", MODEL, "1", `--namespace=${NAMESPACE}`];
    await run("helm", args, { env: copy.env });
    const { code, text } = await drift();
    assert.equal(code, 1, text);
    assert.match(
      text,
      /^Releases:\n.*breast-cancer in the namespace drift is at revision \d+; this stack made revision \d+/m,
    );
    await copy.pulumi("refresh", "--yes", "--stack", STACK);
    await copy.up();
    await assertNone();
  });

  it("says which rights are missing, and goes on with the rest", async () => {
    const metadata = { name: "reader", namespace: NAMESPACE };
    const rbac = "rbac.authorization.k8s.io";
    const rule = (apiGroup: string, resource: string, ...verbs: string[]) => ({
      apiGroups: [apiGroup],
      resources: [resource],
      verbs,
    });
    const rules = [
      rule("", "secrets", "get", "list", "patch"),
      rule("", "configmaps", "get", "list", "patch"),
      rule("", "services", "get"),
      rule("apps", "deployments", "get", "patch"),
      rule("autoscaling", "horizontalpodautoscalers", "get", "patch"),
    ];
    const items = [
      { apiVersion: "v1", kind: "ServiceAccount", metadata },
      { apiVersion: `${rbac}/v1`, kind: "Role", metadata, rules },
      {
        apiVersion: `${rbac}/v1`,
        kind: "RoleBinding",
        metadata,
        roleRef: { apiGroup: rbac, kind: "Role", name: "reader" },
        subjects: [{ kind: "ServiceAccount", ...metadata }],
      },
    ];
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await run("kubectl", ["apply", "--filename=-"], { env: copy.env, input });
    await awaitRight(`system:serviceaccount:${NAMESPACE}:reader`, ["get", "services"], NAMESPACE);
    const token = (await kube("create", "token", "reader")).trim();
    const file = kubeconfig(({ users }) => {
      for (const one of users) {
        one.user = { token };
      }
    });
    const asReader = { ...copy.env, KUBECONFIG: file };
    const args = [
      ...["--require", path.join(PROJECT_DIR, "node_modules/ts-node/register/transpile-only")],
      ...[path.join(PROJECT_DIR, "drift/cli.ts"), STACK],
    ];
    const { code, stdout } = await copy.tryRun(process.execPath, args, asReader);
    assert.equal(code, 2, stdout);
    assert.match(
      stdout,
      /^Stack end-to-end: no drift, \d+ objects of 2 releases compared, not everything could be compared$/m,
    );
    assert.match(
      stdout,
      /Service breast-cancer.*: this account may not .*patch services.* in the namespace drift: have somebody bind a role/,
    );
    assert.match(stdout, /get ingresses\.networking\.k8s\.io/);
    await kube("delete", `service/${MODEL}`);
    const gone = await copy.tryRun(process.execPath, args, asReader);
    assert.equal(gone.code, 1, gone.stdout);
    assert.match(gone.stdout, /^ {2}Service breast-cancer: gone$/m);
  });

  it("says so when the cluster does not answer", async () => {
    const file = kubeconfig(({ clusters }) => {
      for (const { cluster } of clusters) {
        cluster.server = "https://127.0.0.1:1";
      }
    });
    const args = [
      ...["--require", path.join(PROJECT_DIR, "node_modules/ts-node/register/transpile-only")],
      ...[path.join(PROJECT_DIR, "drift/cli.ts"), STACK],
    ];
    const { code, stdout } = await copy.tryRun(process.execPath, args, { KUBECONFIG: file });
    assert.equal(code, 2, stdout);
    assert.match(
      stdout,
      /the cluster https:\/\/127\.0\.0\.1:1 \(context \S+\) does not answer: .*ECONNREFUSED/,
    );
  });
});
