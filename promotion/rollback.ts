/** Puts a stack's configuration back to the model that the stack served before, by the same digests. */
import { parseDocument } from "yaml";
import { kindsOf, type ModelSource } from "../components/arguments/source";
import { isMapping, type Values } from "../shared/mappings";
import { tryRun } from "../shared/run";
import {
  commitOf,
  identity,
  identityOf,
  MAX_UPDATES,
  modelsOf,
  previousUpdate,
  type Update,
} from "./history";
import type { Outcome } from "./promote";
import { stackHistory } from "./pulumiStack";
import { Refusal } from "./refusal";
import { type Change, refuseProblems, StackFile } from "./stackFile";
import type { Value } from "./yamlEdit";

export interface Rollback {
  model: string;
  stack: string;
  /** Version to go back to. Default: the one before. */
  version?: string;
}

/** Finds, edits and checks; writes nothing. */
export async function rollback({ model: name, stack, version }: Rollback): Promise<Outcome> {
  const file = StackFile.read(stack);
  const configured = file.model(name);
  if (configured === undefined) {
    throw new Refusal(`${name} is not rolled back`, [`${file.path} has no model ${name}`]);
  }
  const own = file.modelFile(name);
  const { project } = file;
  const history = await readHistory(stack, project, own?.path);
  const models = own && (await committedModels(history, own.path));
  // Before it had a file of its own it stood in the stack's.
  const modelIn = (update: Update) =>
    models?.get(commitOf(update) ?? "") ?? modelsOf(update, project)?.[name];
  const found = previousUpdate(history, { project, name, configured, version, modelIn });
  if (found === undefined) {
    const which = version === undefined ? "with another model" : `with another model ${version}`;
    throw new Refusal(`${name} is not rolled back`, [
      `${stack} has no update in its last ${history.length} that succeeded ${which}`,
      ...(own === undefined ? [] : byHand(own.path)),
    ]);
  }
  const [now, then] = [configured, found.model].map((model) =>
    kindsOf(model.source as ModelSource),
  );
  if (now?.[0] !== then?.[0]) {
    throw new Refusal(`${name} is not rolled back`, [
      `${stack} took ${found.model.tag} from ${then?.[0] ?? "the source for all"}, ${file.path} says ${now?.[0] ?? "the source for all"}; put models.${name}.source back first`,
    ]);
  }
  const changes = restore(configured, found.model);
  const after = file.withModel(name, changes);
  refuseProblems(name, file, after);
  const facts = [
    `${stack} served ${found.model.tag} since ${found.update.endTime}, after an update that succeeded`,
  ];
  if (identityOf(found.model)[digestIndex] === undefined) {
    facts.push(
      `${stack} builds its images: this one is built again unless the builder still has it`,
    );
  }
  return { file: after, changes, before: configured, version: String(found.model.tag), facts };
}

/** What a model's own file said in the commits that were deployed, by commit. */
async function committedModels(
  history: readonly Update[],
  file: string,
): Promise<Map<string, unknown>> {
  const commits = new Set(history.flatMap((update) => commitOf(update) ?? []));
  const models = new Map<string, unknown>();
  for (const commit of commits) {
    // Relative to this folder, which may not be the repository's own.
    const { code, stdout } = await tryRun("git", ["show", `${commit}:./${file}`]).catch(() => ({
      code: 1,
      stdout: "",
    }));
    // It may have had no such file, or this clone no such commit.
    if (code === 0) {
      models.set(commit, parsed(stdout));
    }
  }
  return models;
}

function parsed(text: string): unknown {
  const document = parseDocument(text, { merge: true });
  return document.errors.length > 0 ? undefined : document.toJS();
}

/** The stack's history tells only of commits that were deployed without further changes. */
function byHand(file: string): string[] {
  return [
    `the model is configured in ${file}, which was looked for in the commits of those updates that were made without uncommitted files; choose another one by hand:`,
    `git log --oneline -- ${file}`,
    `git checkout <commit> -- ${file}`,
  ];
}

/** A model with something encrypted in it is hidden, but for those who may read it. */
async function readHistory(
  stack: string,
  project: string,
  modelFile: string | undefined,
): Promise<Update[]> {
  const history = await stackHistory(stack, MAX_UPDATES);
  // Of such a model nothing stands there, and nothing in its file is encrypted.
  if (modelFile !== undefined) {
    return history;
  }
  const isHidden = history.some(
    (update) =>
      update.config?.[`${project}:models`]?.secret === true &&
      modelsOf(update, project) === undefined,
  );
  return isHidden ? stackHistory(stack, MAX_UPDATES, "--show-secrets") : history;
}

function restore(configured: Values, proven: unknown): Change[] {
  const [now, then] = [identityOf(configured), identityOf(proven)];
  return identity
    .map((setting, index) => ({
      setting,
      value: then[index] as Value | undefined,
      before: now[index],
    }))
    .filter(({ value, before }) => JSON.stringify(value) !== JSON.stringify(before))
    .flatMap(({ setting, value }): Change[] =>
      isMapping(value)
        ? Object.entries(value).map(([key, item]) => ({
            setting: [...setting, key],
            value: item as Value,
          }))
        : [{ setting, value }],
    );
}

const digestIndex = identity.findIndex((path) => path.join(".") === "image.digest");
