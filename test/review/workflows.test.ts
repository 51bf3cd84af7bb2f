/** What the workflows may do, and from where: read as GitHub reads them. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { PROJECT_DIR } from "../../local/settings";

interface Workflow {
  permissions: object;
  jobs: Record<string, { if?: string; environment?: string; permissions?: object }>;
}

const read = (...names: string[]) =>
  fs.readFileSync(path.join(PROJECT_DIR, ".github", ...names), "utf8");

/** This project's own, and those that come with the stacks of the example, to be copied. */
const EXAMPLE = path.join("examples", "promotion", "workflows");
const FOLDERS = [path.join(".github", "workflows"), EXAMPLE];
const workflow = (folder: string, name: string) =>
  parse(fs.readFileSync(path.join(PROJECT_DIR, folder, name), "utf8")) as Workflow;

describe("the workflows", () => {
  it("deploy from main alone, whoever starts them from wherever", () => {
    for (const [name, job] of Object.entries(workflow(EXAMPLE, "deploy.yaml").jobs)) {
      assert.equal(job.if, "github.ref == 'refs/heads/main'", name);
    }
  });

  it("give no job more than it says it needs", () => {
    for (const folder of FOLDERS) {
      for (const name of fs.readdirSync(path.join(PROJECT_DIR, folder))) {
        const { permissions, jobs } = workflow(folder, name);
        assert.deepEqual(permissions, {}, name);
        for (const [id, job] of Object.entries(jobs)) {
          assert.ok(job.permissions, `${name} ${id}`);
        }
      }
    }
  });

  it("look for drift on main alone, with accounts that nothing else has", () => {
    const { if: condition, environment } = workflow(EXAMPLE, "drift.yaml").jobs.drift ?? {};
    assert.equal(condition, "github.ref == 'refs/heads/main'");
    assert.match(environment ?? "", /^drift-\$\{\{ matrix\.stack \}\}$/);
    assert.match(
      fs.readFileSync(path.join(PROJECT_DIR, EXAMPLE, "drift.yaml"), "utf8"),
      /run: make drift SUMMARY="\$GITHUB_STEP_SUMMARY"/,
    );
  });

  it("preview each stack with what that stack alone has", () => {
    const deploying = Object.values(workflow(EXAMPLE, "deploy.yaml").jobs).map(
      ({ environment }) => environment,
    );
    const { environment } = workflow(EXAMPLE, "preview.yaml").jobs.preview ?? {};
    assert.match(environment ?? "", /^preview-\$\{\{ matrix\.stack \}\}$/);
    assert.ok(!deploying.includes(environment));
  });

  it("have everything kept up to date that pins something", () => {
    const { updates } = parse(read("dependabot.yml")) as {
      updates: { "package-ecosystem": string; directories: string[] }[];
    };
    const folders = Object.fromEntries(
      updates.map((one) => [one["package-ecosystem"], one.directories]),
    );
    assert.deepEqual(Object.keys(folders).sort(), [
      "docker",
      "github-actions",
      "gomod",
      "npm",
      "pip",
    ]);
    const covers = (ecosystem: string, file: string) =>
      folders[ecosystem]?.some((folder) =>
        new RegExp(`^${folder.replaceAll("*", "[^/]+")}$`).test(`/${path.dirname(file)}`),
      );
    for (const [ecosystem, file] of [
      ["npm", "policy/package.json"],
      ["pip", "serving/requirements.txt"],
      ["pip", "models/requirements.txt"],
      ["gomod", "local/tools/pulumi/go.mod"],
      ["docker", "serving/Dockerfile"],
      ["docker", "local/images/pause/Dockerfile"],
    ] as const) {
      assert.ok(fs.existsSync(path.join(PROJECT_DIR, file)), file);
      assert.ok(covers(ecosystem, file), `${ecosystem} ${file}`);
    }
  });

  it("have owners, whose approval is needed for them", () => {
    const owned = read("CODEOWNERS")
      .split("\n")
      .filter((line) => line.startsWith("/"));
    for (const part of ["/.github/", "/policy/", "/Pulumi*.yaml", "/Makefile"]) {
      assert.ok(
        owned.some((line) => line.startsWith(`${part} `)),
        part,
      );
    }
  });
});
