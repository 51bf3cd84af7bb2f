/** How the Kubernetes objects of a model change. */
import type { Helm } from "./helm";
import type { ModelChange } from "./models";
import { compareObjects, type ObjectChange, readObjects } from "./objects";
import { isMapping, renderable, type Values } from "./values";

export interface ObjectDiff {
  changes: ObjectChange[];
  /** What the left side is. */
  comparedWith: "nothing" | "deployed" | "configured before";
  /** What could not be seen, in words. */
  unchecked: string[];
}

/** The diff of one model's objects. */
export async function diffObjects(
  model: ModelChange,
  helm: Helm,
  project: string,
): Promise<ObjectDiff> {
  const unchecked: string[] = [];
  const render = async (values: Values | undefined, side: string): Promise<string | undefined> => {
    const { values: known, secret, unknown } = renderable(values ?? {});
    for (const path of secret) unchecked.push(`${path} is secret and left out of the diff`);
    for (const path of unknown) unchecked.push(`${path} is not known before the update`);
    const answer = await helm.rendered(model, model.chart, known, project);
    if ("output" in answer) {
      return answer.output;
    }
    unchecked.push(`the objects ${side} cannot be rendered: ${answer.problem}`);
    return undefined;
  };

  const isThere = model.valuesBefore !== undefined;
  const remains = model.valuesAfter !== undefined;
  const after = remains ? await render(model.valuesAfter, "after the update") : "";
  let before: string | undefined = "";
  let comparedWith: ObjectDiff["comparedWith"] = "nothing";
  if (isThere) {
    // What is deployed would show secrets in plain text.
    const answer = hasSecrets(model) ? { problem: "it holds secrets" } : await helm.deployed(model);
    if ("output" in answer) {
      before = answer.output;
      comparedWith = "deployed";
    } else {
      before = await render(model.valuesBefore, "before the update");
      comparedWith = "configured before";
      unchecked.push(
        `what is deployed (${answer.problem}); shown is what the present chart makes of the settings before and after, so changes of the chart itself are not`,
      );
    }
  }
  const changes =
    before === undefined || after === undefined
      ? []
      : compareObjects(readObjects(before), readObjects(after));
  return { changes, comparedWith, unchecked: [...new Set(unchecked)] };
}

function hasSecrets({ valuesBefore, valuesAfter }: ModelChange): boolean {
  return [valuesBefore, valuesAfter].some(
    (values) => isMapping(values) && renderable(values).secret.length > 0,
  );
}
