/** From an edited line of config to pods that serve the new model, by each way that there is. */
import * as fs from "node:fs";
import * as path from "node:path";
import { stringify } from "yaml";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import { say } from "../../shared/progress";
import { run } from "../../shared/run";
import { kubectl, type WorkingCopy } from "../../test/end-to-end/workingCopy";
import { valuesOf } from "./noChange";
import { configureOther, other, ours, type Project, pulumi, timed } from "./projects";

export const ways = ["ConfigMap", "image by digest", "rebuilt image", "helm upgrade"] as const;
export type Way = (typeof ways)[number];

/** Seconds by way, and what an update takes in which the minimal program changes nothing. */
export type Round = Record<Way, number> & { "no change"?: number };

const name = "breast-cancer";

/** @param save gets what is measured so far, after each round */
export async function newModels(
  root: string,
  rounds: number,
  save: (results: Round[]) => void,
): Promise<void> {
  const built = ours("bench-built");
  const promoted = ours("bench-promoted");
  const mounted = ours("bench-mounted");
  const copies = [built, promoted, mounted].map(({ copy }) => copy);
  const helmNamespace = "bench-helm";
  const minimal = other(root, "minimal");
  const done: Round[] = [];
  try {
    for (const { project } of [built, promoted, mounted]) {
      await pulumi(project, "stack", "init");
    }
    await kubectl("create", "namespace", helmNamespace);
    await pulumi(minimal, "stack", "init");
    configureOther(minimal, "minimal", helmNamespace, { unchanged: valuesOf("unchanged") });
    await pulumi(minimal, "up", "--yes", "--skip-preview");
    await writeModels(root, copies, rounds + 1);
    // The first version of all is deployed without being counted.
    for (let number = 0; number <= rounds; number++) {
      const version = `${number}.0.0`;
      const round: Round = {
        "rebuilt image": await newTag(built, { tag: version }),
        ConfigMap: await newTag(mounted, {
          tag: version,
          source: { configMap: { path: "models/{name}/{tag}/model.json" } },
        }),
        "no change": await timed(() => pulumi(minimal, "up", "--yes", "--skip-preview")),
        ...(await byDigest(built.copy, promoted, version, helmNamespace)),
      };
      say(`version ${number} of ${rounds}: ${JSON.stringify(round)}`);
      if (number > 0) {
        done.push(round);
        save(done);
      }
    }
  } finally {
    for (const { project } of [built, promoted, mounted]) {
      await pulumi(project, "destroy", "--yes", "--skip-preview").catch(() => undefined);
    }
    await pulumi(minimal, "destroy", "--yes", "--skip-preview").catch(() => undefined);
    await kubectl("delete", "namespace", helmNamespace, "--ignore-not-found", "--wait=false");
    for (const copy of copies) {
      copy.remove();
    }
  }
}

/** The image that was just built, by this program and by Helm alone. */
async function byDigest(
  builder: WorkingCopy,
  promoted: { project: Project; copy: WorkingCopy },
  tag: string,
  namespace: string,
): Promise<Pick<Round, "image by digest" | "helm upgrade">> {
  const { image, model } = await builder.model(name);
  const [reference = "", digest = ""] = image.split("@");
  const repository = reference.replace(/:[^:]+$/, "");
  const registry = repository.slice(0, -`/${name}`.length);
  const seconds = await newTag(promoted, {
    tag,
    sha256: model.sha256,
    image: { registry, digest },
  });
  const values = {
    fullnameOverride: name,
    image: { repository, tag, digest },
    model: { name, version: tag, sha256: model.sha256 },
    ingress: {
      enabled: true,
      className: "nginx",
      hosts: [
        { host: `${name}.${namespace}.localhost`, paths: [{ path: "/", pathType: "Prefix" }] },
      ],
    },
  };
  const file = promoted.copy.path("helm-values.yaml");
  fs.writeFileSync(file, stringify(values));
  const args = ["upgrade", "--install", name, path.join(PROJECT_DIR, "chart")];
  const options = [`--namespace=${namespace}`, `--values=${file}`, "--atomic", "--timeout=300s"];
  const helm = await timed(() => run("helm", [...args, ...options], { env: environment(true) }));
  return { "image by digest": seconds, "helm upgrade": helm };
}

function newTag(
  { project, copy }: { project: Project; copy: WorkingCopy },
  model: Record<string, unknown>,
): Promise<number> {
  const source = { image: { path: "models/{name}/{tag}/model.json" } };
  copy.writeConfig((config) => ({
    ...config,
    "model-deployment:source": source,
    "model-deployment:models": { [name]: model },
  }));
  return timed(() => pulumi(project, "up", "--yes", "--skip-preview"));
}

/** The same model under many versions, each with another content: no cache knows the next one. */
async function writeModels(
  root: string,
  copies: readonly WorkingCopy[],
  count: number,
): Promise<void> {
  const trained = path.join(root, "trained");
  const train = ["models/train.py", name, "1.0.0", "--format=json", `--output=${trained}`];
  await run(path.join(PROJECT_DIR, ".venv/bin/python"), train, { cwd: PROJECT_DIR });
  const read = (file: string) => fs.readFileSync(path.join(trained, name, "1.0.0", file), "utf8");
  // As text: XGBoost tells 1 from 1.0, and JavaScript does not.
  const [before, after] = read("model.json").split('"attributes":{');
  if (after === undefined) {
    throw new Error("the model has no attributes to add to");
  }
  for (let number = 0; number < count; number++) {
    const model = `${before}"attributes":{"made":"${new Date().toISOString()} ${number}",${after}`;
    for (const copy of copies) {
      const folder = copy.path("models", name, `${number}.0.0`);
      fs.rmSync(folder, { recursive: true, force: true });
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, "model.json"), model);
      fs.writeFileSync(path.join(folder, "golden.json"), read("golden.json"));
    }
  }
}
