/** Where what is set with `--secret` goes, by the real engine: plans, state, previews, summaries, messages. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { Project } from "./project";

const canary = "c4n4ry-s3cr3t";
const digest = `sha256:${"a".repeat(64)}`;

/** A model that is there, and one that is built. */
const config = {
  preflight: "false",
  namespace: "models",
  image: { registry: "ghcr.io/acme", builder: "docker-build" },
  ingress: { hosts: [{ host: "{name}.localhost" }] },
  models: {
    wine: { tag: "1.0.0", sha256: "b".repeat(64), image: { digest } },
    diabetes: { tag: "1.0.0", source: { image: { path: "models/diabetes/1.0.0/model.pkl" } } },
  },
};

/** What stays secret. */
const kept = [
  "image.baseImage",
  "image.buildArgs.REQUIREMENTS",
  "image.credentials.username",
  "image.credentials.password",
  'ingress.annotations["example.com/auth"]',
  "values.env[0].value",
  "values.podLabels.team",
  "values.priorityClassName",
  "values.extraObjects[0].data.key",
  "models.wine.values.podAnnotations.note",
];

/** What cannot: one of each group, among them all that hold addresses and names of secrets. */
const refused = [
  "namespace",
  "image.registry",
  "image.repository",
  "image.pullSecrets[0]",
  "source.uri.location",
  "source.uri.goldenLocation",
  "source.uri.s3Endpoint",
  "source.uri.secretName",
  "resources.limits.memory",
  "resources.requests.cpu",
  "ingress.hosts[0].host",
  "ingress.hosts[0].paths[0].path",
  "ingress.tls[0].secretName",
  "models.wine.tag",
  "models.wine.golden",
  "models.wine.image.tag",
];

/** As `pulumi config set --path --secret` of each. */
async function encrypt(project: Project, stack: string, keys: readonly string[]): Promise<void> {
  const values = keys.flatMap((key, index) => ["--secret", `${key}=${canary}-${index}`]);
  const args = ["config", "set-all", "--path", "--stack", stack, ...values];
  const { code, stderr } = await project.pulumi(...args);
  assert.equal(code, 0, stderr);
  const text = fs.readFileSync(project.path(`Pulumi.${stack}.yaml`), "utf8");
  assert.doesNotMatch(text, new RegExp(canary));
  assert.equal(text.split("secure:").length - 1, keys.length);
}

describe("what is set with --secret", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let project: Project;
  before(() => {
    project = Project.create();
  });
  after(() => project.remove());

  it("stays so in plans, previews, summaries and state, where it is taken", async () => {
    const stack = "kept-dev";
    const values = {
      env: [{ name: "TOKEN" }],
      extraObjects: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } }],
    };
    project.writeConfig(stack, { ...config, values });
    await project.withState(stack);
    await encrypt(project, stack, kept);

    const plan = project.path("plan.json");
    const preview = await project.pulumi(
      ...["preview", "--diff", "--stack", stack, "--policy-pack", "policy", "--save-plan", plan],
    );
    assert.equal(preview.code, 0, preview.stdout + preview.stderr);
    const review = await project.review(stack);
    assert.equal(review.code, 0, review.stdout + review.stderr);
    // Nothing is there to build with or to deploy to; what was tried stays in the state.
    const update = await project.pulumi(
      ...["up", "--yes", "--skip-preview", "--stack", stack, "--continue-on-error"],
    );
    assert.notEqual(update.code, 0, update.stdout);
    const state = await project.pulumi("stack", "export", "--stack", stack);
    assert.match(state.stdout, /ModelDeployment/);
    const everything = {
      plan: fs.readFileSync(plan, "utf8"),
      preview: preview.stdout + preview.stderr,
      review: review.stdout + review.stderr + review.markdown,
      update: update.stdout + update.stderr,
      state: state.stdout,
    };
    assert.match(everything.plan, /helm\.sh\/v3:Release/);
    for (const [where, text] of Object.entries(everything)) {
      const found = text.match(new RegExp(`.{0,80}${canary}.{0,20}`, "g")) ?? [];
      assert.deepEqual(found, [], where);
    }
  });

  it("is refused by key before anything is changed, where it would be shown", async () => {
    const stack = "refused-dev";
    project.writeConfig(stack, config);
    await project.withState(stack);
    await encrypt(project, stack, refused);
    const { code, stdout, stderr } = await project.pulumi("preview", "--stack", stack);
    assert.notEqual(code, 0, stdout);
    for (const key of refused) {
      const line = new RegExp(`^ +${key.replace(/[[\].]/g, "\\$&")}: cannot be kept secret: `, "m");
      assert.match(stdout + stderr, line);
    }
    assert.doesNotMatch(stdout + stderr, new RegExp(canary));
    assert.doesNotMatch(stdout, /helm\.sh/);

    // The remedy works on that very path.
    const [key = "", ...others] = refused;
    const remedy = ["config", "set", "--path", "--plaintext", "--stack", stack, key, "models"];
    assert.equal((await project.pulumi(...remedy)).code, 0);
    const again = await project.pulumi("preview", "--stack", stack);
    const lines = (again.stdout + again.stderr).match(/cannot be kept secret/g) ?? [];
    assert.equal(lines.length, others.length);
  });
});
