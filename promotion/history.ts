/** What a stack's history tells: whether its last update succeeded, and which models it served before. */
import { isMapping, type Values, valueAt } from "../shared/mappings";

/** An entry of `pulumi stack history --json`, newest first. */
export interface Update {
  kind: string;
  result: string;
  startTime: string;
  endTime?: string;
  config?: Record<string, { value?: string; objectValue?: unknown; secret?: boolean }>;
  /** Among others `git.head` and `git.dirty` of the checkout that was deployed. */
  environment?: Record<string, string>;
}

// As many as a backend gives at once.
export const MAX_UPDATES = 100;

/** The newest entry that changed what runs: a refresh after a failed update corrects nothing. */
export function lastDeployment(history: readonly Update[]): Update | undefined {
  return history.find(({ kind }) => kind !== "refresh" && kind !== "preview");
}

/** Undefined if all is well. */
export function historyProblem(stack: string, history: readonly Update[]): string | undefined {
  const [last] = history;
  const deployment = lastDeployment(history);
  if (last === undefined || deployment === undefined) {
    return `${stack} was never updated. Deploy it: pulumi up --stack ${stack}`;
  }
  if (last.result === "in-progress") {
    return `${stack} is being updated since ${last.startTime}. Wait until that has ended`;
  }
  for (const { kind, result, startTime, endTime = startTime } of [last, deployment]) {
    if (result !== "succeeded") {
      return `the last ${kind} of ${stack} ${result}, at ${endTime}. Correct it and run: pulumi up --stack ${stack}`;
    }
  }
  if (deployment.kind === "destroy") {
    return `${stack} was destroyed at ${deployment.endTime ?? deployment.startTime}`;
  }
  return undefined;
}

/** The settings that say which model runs and by which images. All others are the stack's own. */
export const identity: readonly (readonly string[])[] = [
  ["tag"],
  ["sha256"],
  ["image", "digest"],
  ["image", "tag"],
  ["source", "uri", "goldenSha256"],
  ["source", "uri", "image"],
];

export function identityOf(model: unknown): unknown[] {
  return identity.map((path) => valueAt(model, path));
}

/** The models a stack was configured with in an update; undefined if they are not to be seen. */
export function modelsOf(update: Update, project: string): Values | undefined {
  const models = update.config?.[`${project}:models`];
  const content = models?.objectValue ?? parsed(models?.value);
  return isMapping(content) ? content : undefined;
}

function parsed(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The commit that was deployed as it is; undefined if none was, or it is not known. */
export function commitOf({ environment }: Update): string | undefined {
  const head = environment?.["git.head"];
  const isDirty = environment?.["git.dirty"] !== "false";
  return isDirty || head === undefined || !/^[0-9a-f]{40,64}$/.test(head) ? undefined : head;
}

export interface Before {
  project: string;
  name: string;
  /** What the stack's file says of the model now. */
  configured: unknown;
  /** Version to go back to. Default: whichever is the newest. */
  version?: string;
  /** The model in an update. Default: what the stack's own file said. */
  modelIn?: (update: Update) => unknown;
}

/**
 * The newest update that succeeded with another model than the configured one: the one before, or,
 * after an update that failed, the one that is still served.
 */
export function previousUpdate(
  history: readonly Update[],
  {
    project,
    name,
    configured,
    version,
    modelIn = (update) => modelsOf(update, project)?.[name],
  }: Before,
): { update: Update; model: Values } | undefined {
  const now = JSON.stringify(identityOf(configured));
  for (const update of history) {
    const isProven = update.kind === "update" && update.result === "succeeded";
    if (!isProven) {
      continue;
    }
    const model = modelIn(update);
    const isAnother = isMapping(model) && JSON.stringify(identityOf(model)) !== now;
    if (isAnother && (version === undefined || model.tag === version)) {
      return { update, model };
    }
  }
  return undefined;
}
