/** A stack whose models are in files of their own, as there are too many for its config. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { say } from "../../shared/progress";
import { kubectl } from "../../test/end-to-end/workingCopy";
import { digest, names, sha256, valuesOf } from "./noChange";
import {
  configureOther,
  type Measured,
  measured,
  other,
  ours,
  type Project,
  pulumi,
  timed,
} from "./projects";

/** A preview and an update in which nothing changes, and previews in which one model does. */
export interface Round {
  "model-deployment": { preview: Measured; up: Measured };
  minimal: { preview: Measured; up: Measured };
  /** Seconds, for one model of all. */
  oneChanged: number;
  /** Seconds, for the same model alone in a stack. */
  alone: number;
  /** Load average of the machine at the end: what else was at work. */
  load: number;
}

export interface ManyModels {
  models: number;
  rounds: Round[];
}

interface Projects {
  ours: Project;
  minimal: Project;
  alone: Project;
}

const FOLDER = "bench.models";
const namespaces = { ours: "bench-ours", minimal: "bench-minimal", alone: "bench-alone" };
/** The one that changes. */
const changed = "model-1";

/**
 * @param save gets what is measured so far, after each round
 * @param kept folder in which the stacks stay for another run, or are from one before: to deploy them takes far
 * longer than to ask them
 */
export async function manyModels(
  root: string,
  models: number,
  rounds: number,
  save: (results: ManyModels) => void,
  kept?: string,
): Promise<void> {
  const done: Round[] = [];
  const projects = await deployed(kept ?? root, models);
  try {
    for (let number = 1; number <= rounds; number++) {
      const round = await ask(projects, number);
      say(`${models} models, round ${number} of ${rounds}: ${JSON.stringify(round)}`);
      done.push(round);
      save({ models, rounds: done });
    }
  } finally {
    if (kept === undefined) {
      // To uninstall them one by one takes as long as to install them.
      for (const namespace of Object.values(namespaces)) {
        await kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false");
      }
      for (const { folder } of [projects.ours, projects.alone]) {
        fs.rmSync(path.dirname(folder), { recursive: true, force: true });
      }
    }
  }
}

/** The program that is first changes from round to round. */
async function ask({ ours, minimal, alone }: Projects, number: number): Promise<Round> {
  const both = async (project: Project) => {
    const nothing = "--expect-no-changes";
    const preview = await measured(project, "preview", nothing);
    return { preview, up: await measured(project, "up", "--yes", "--skip-preview", nothing) };
  };
  const isOursFirst = number % 2 === 1;
  const early = isOursFirst ? await both(ours) : undefined;
  const theirs = await both(minimal);
  const own = early ?? (await both(ours));
  // One that no preview has rendered before.
  const tag = `1.0.0-${Date.now()}`;
  const previews = { oneChanged: 0, alone: 0 };
  for (const [name, project] of [
    ["oneChanged", ours],
    ["alone", alone],
  ] as const) {
    writeModel(project, changed, tag);
    previews[name] = await timed(() => pulumi(project, "preview"));
    writeModel(project, changed);
  }
  return { "model-deployment": own, minimal: theirs, ...previews, load: os.loadavg()[0] ?? 0 };
}

async function deployed(root: string, models: number): Promise<Projects> {
  const file = path.join(root, "projects.json");
  if (fs.existsSync(file)) {
    return JSON.parse(fs.readFileSync(file, "utf8")) as Projects;
  }
  fs.mkdirSync(root, { recursive: true });
  const projects: Projects = {
    ours: oursOf(names(models), namespaces.ours),
    minimal: other(root, "minimal"),
    alone: oursOf([changed], namespaces.alone),
  };
  const releases = Object.fromEntries(names(models).map((name) => [name, valuesOf(name)]));
  configureOther(projects.minimal, "minimal", namespaces.minimal, releases);
  for (const [name, project] of Object.entries(projects) as [keyof Projects, Project][]) {
    await kubectl("create", "namespace", namespaces[name]);
    await pulumi(project, "stack", "init");
    say(`${name}: deploying, with 1,000 models usually 4 minutes`);
    // Written down after each model the state, which grows, would take longer than the models.
    const env = { ...project.env, PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
    await pulumi({ ...project, env }, "up", "--yes", "--skip-preview");
  }
  fs.writeFileSync(file, JSON.stringify(projects));
  return projects;
}

function oursOf(models: readonly string[], namespace: string): Project {
  const { project, copy } = ours(namespace);
  copy.writeConfig(() => ({
    "model-deployment:namespace": copy.namespace,
    "model-deployment:image": { registry: "localhost:5001/bench", repository: "model" },
    "model-deployment:replicas": "0",
    "model-deployment:modelsFrom": FOLDER,
  }));
  fs.mkdirSync(copy.path(FOLDER));
  for (const name of models) {
    writeModel(project, name);
  }
  return project;
}

/** As `make split` leaves it. */
function writeModel({ folder }: Project, name: string, tag = "1.0.0"): void {
  const text = stringify({ tag, sha256, image: { digest } });
  fs.writeFileSync(path.join(folder, FOLDER, `${name}.yaml`), text);
}
