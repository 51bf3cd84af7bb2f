/** How the Kubernetes objects of a model change. */

import type { Values } from "../shared/mappings";
import type { Helm } from "./helm";
import type { ModelChange } from "./models";
import { compareObjects, type ObjectChange, readObjects } from "./objects";
import { maskedIn, renderable } from "./values";

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
  const { secret, unknown } = maskedIn([model.valuesBefore, model.valuesAfter]);
  unchecked.push(
    ...namely(secret, "secret, left out of the diff"),
    ...namely(unknown, "not known before the update, left out of the diff"),
  );
  const leftOut = withoutSide([...secret, ...unknown]);
  const render = async (values: Values | undefined, side: string): Promise<string | undefined> => {
    const given = renderable(values ?? {}, leftOut);
    const answer = await helm.rendered(model, model.chart, given, project);
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
    const answer = secret.length > 0 ? { problem: "it holds secrets" } : await helm.deployed(model);
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

/** `env` of `[0].env` and of `[1].env`: what is masked on one side is left out on both. */
function withoutSide(paths: readonly string[]): string[] {
  return [...new Set(paths.map((path) => path.replace(/^\[\d\]\.?/, "")))];
}

function namely(paths: readonly string[], why: string): string[] {
  const names = withoutSide(paths).map((path) => `values.${path}`);
  return names.length === 0 ? [] : [`${names.join(", ")}: ${why}`];
}
