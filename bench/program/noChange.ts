/** A preview and an update in which nothing changes, with one model and with many. */
import { say } from "../../shared/progress";
import { kubectl, type WorkingCopy } from "../../test/end-to-end/workingCopy";
import { configureOther, type Other, other, ours, type Project, pulumi, timed } from "./projects";

export type Program = "model-deployment" | Other;

/** Seconds by program; a program that was not asked at this size is missing. */
export type Round = Partial<Record<Program, { preview: number; up: number }>>;

export interface NoChange {
  models: number;
  rounds: Round[];
}

export const digest = `sha256:${"d".repeat(64)}`;
export const sha256 = "e".repeat(64);
const image = "localhost:5001/bench/model";

export function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `model-${index + 1}`);
}

/** Models as they are in production: by digest. No pods, since 100 of them would be another test. */
function configureOurs(copy: WorkingCopy, count: number): void {
  const model = { tag: "1.0.0", sha256, image: { digest } };
  copy.writeConfig(() => ({
    "model-deployment:namespace": copy.namespace,
    "model-deployment:image": { registry: "localhost:5001/bench", repository: "model" },
    "model-deployment:replicas": "0",
    "model-deployment:models": Object.fromEntries(names(count).map((name) => [name, model])),
  }));
}

/** The values that this project hands to the chart for them. */
export function valuesOf(name: string): object {
  return {
    fullnameOverride: name,
    image: { repository: image, tag: "1.0.0", digest },
    model: { name, version: "1.0.0", sha256 },
    replicaCount: 0,
    ingress: { enabled: false },
  };
}

/** @param save gets what is measured so far, after each size */
export async function noChange(
  root: string,
  sizes: number[],
  rounds: number,
  save: (results: NoChange[]) => void,
): Promise<void> {
  const namespaces = { ours: "bench-ours", minimal: "bench-minimal", usual: "bench-usual" };
  const { project, copy } = ours(namespaces.ours);
  const programs: Record<Program, Project> = {
    "model-deployment": project,
    minimal: other(root, "minimal"),
    usual: other(root, "usual"),
  };
  const results: NoChange[] = [];
  try {
    for (const namespace of Object.values(namespaces)) {
      await kubectl("create", "namespace", namespace);
    }
    for (const one of Object.values(programs)) {
      await pulumi(one, "stack", "init");
    }
    for (const [index, models] of sizes.entries()) {
      configureOurs(copy, models);
      const releases = Object.fromEntries(names(models).map((name) => [name, valuesOf(name)]));
      for (const kind of ["minimal", "usual"] as const) {
        configureOther(programs[kind], kind, namespaces[kind], releases);
      }
      // The type-check costs the same however many releases there are.
      const asked = Object.entries(programs).filter(([name]) => index === 0 || name !== "usual");
      for (const [name, one] of asked) {
        say(`${name}: deploying ${models} models`);
        await pulumi(one, "up", "--yes", "--skip-preview");
      }
      // Many models take long and vary little.
      const enough = Math.min(rounds, models === 1 ? rounds : models < 50 ? 3 : 2);
      results.push({
        models,
        rounds: await measure(asked as [Program, Project][], models, enough),
      });
      save(results);
    }
  } finally {
    for (const one of Object.values(programs)) {
      await pulumi(one, "destroy", "--yes", "--skip-preview").catch(() => undefined);
    }
    for (const namespace of Object.values(namespaces)) {
      await kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false");
    }
    copy.remove();
  }
}

/** Each round asks every program once, another one first each time. */
async function measure(
  programs: [Program, Project][],
  models: number,
  rounds: number,
): Promise<Round[]> {
  const done: Round[] = [];
  for (let number = 0; number < rounds; number++) {
    const round: Round = {};
    const first = number % programs.length;
    for (const [name, project] of [...programs.slice(first), ...programs.slice(0, first)]) {
      // With the type-check it takes many times as long, which needs no fine figure.
      if (name === "usual" && number >= 2) {
        continue;
      }
      const preview = await timed(() => pulumi(project, "preview", "--expect-no-changes"));
      const up = await timed(() =>
        pulumi(project, "up", "--yes", "--skip-preview", "--expect-no-changes"),
      );
      round[name] = { preview, up };
    }
    say(`${models} models, round ${number + 1} of ${rounds}: ${JSON.stringify(round)}`);
    done.push(round);
  }
  return done;
}
