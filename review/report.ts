/** All that a reviewer is told about one stack. */
import type { Drift } from "../drift/findDrift";
import type { Diagnostic, Preview, Violation } from "./events";
import type { Helm } from "./helm";
import { type ModelChange, modelsOf, type OtherChange, otherChanges } from "./models";
import { diffObjects, type ObjectDiff } from "./rendering";

export interface ModelReport extends ModelChange {
  objects: ObjectDiff;
}

export interface Report {
  stack: string;
  /** The preview went through, and no mandatory policy was violated. */
  succeeded: boolean;
  models: ModelReport[];
  others: OtherChange[];
  violations: Violation[];
  /** How many policies were asked. */
  policies: number;
  diagnostics: Diagnostic[];
  /** How what runs differs from what was deployed; undefined if that is not known. */
  drift?: Drift;
  /** What a preview here could not check, in words. */
  unchecked: string[];
}

/** What the Kubernetes provider says, once for each model, where no cluster answers. */
const SAYS_THE_SAME = /^unable to determine cluster's API version/;

/** Models whose objects are rendered at the same time, each by a process of Helm. */
const AT_ONCE = 4;

const unchanged: ObjectDiff = { changes: [], comparedWith: "nothing", unchecked: [] };

export async function reportOn(
  stack: { name: string; unchecked: readonly string[] },
  preview: Preview,
  { succeeded, drift }: { succeeded: boolean; drift?: Drift | string },
  helm: Helm,
  project: string,
): Promise<Report> {
  const models: ModelReport[] = [];
  const changes = modelsOf(preview);
  for (let first = 0; first < changes.length; first += AT_ONCE) {
    const some = changes.slice(first, first + AT_ONCE).map(async (model) => {
      const isChanged = model.change !== "none";
      return { ...model, objects: isChanged ? await diffObjects(model, helm, project) : unchanged };
    });
    models.push(...(await Promise.all(some)));
  }
  return {
    stack: stack.name,
    succeeded,
    models,
    others: otherChanges(preview),
    violations: preview.violations,
    policies: preview.policies.length,
    diagnostics: preview.diagnostics.filter(({ message }) => !SAYS_THE_SAME.test(message)),
    ...(typeof drift === "object" && drift.isAnswered && { drift }),
    unchecked: [
      ...stack.unchecked,
      ...(await uncheckedOf(models, helm)),
      ...uncheckedDrift(drift),
      ...uncheckedBecauseOfFailure(preview, succeeded),
    ],
  };
}

async function uncheckedOf(models: readonly ModelReport[], helm: Helm): Promise<string[]> {
  const namespace = models[0]?.namespace;
  const unreachable = namespace === undefined ? undefined : await helm.whyUnreachable(namespace);
  const built = models.filter(({ isBuilt }) => isBuilt).map(({ name }) => name);
  return [
    ...(unreachable === undefined
      ? []
      : [
          `the cluster (${unreachable}): its rights and quotas, what is deployed, and what the settings name there`,
        ]),
    ...(built.length === 0
      ? []
      : [`whether the image can be built and pushed: ${built.join(", ")}`]),
    ...models.flatMap(({ name, objects }) => objects.unchecked.map((line) => `${name}: ${line}`)),
  ];
}

/** Of a cluster that does not answer it is said already that nothing there is known. */
function uncheckedDrift(drift: Drift | string | undefined): string[] {
  const reasons =
    typeof drift === "object"
      ? drift.isAnswered
        ? drift.uncompared.map(({ message }) => message)
        : []
      : [drift ?? []].flat();
  return reasons.map((reason) => `drift: ${reason}`);
}

function uncheckedBecauseOfFailure({ policies }: Preview, succeeded: boolean): string[] {
  return policies.length > 0 || succeeded ? [] : ["the policies: the preview failed before"];
}
