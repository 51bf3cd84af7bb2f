import { at, unknown } from "../known";
import type { Rule } from "../rule";

const fewest = 2;

export const enoughReplicas: Rule = {
  name: "enough-replicas",
  description: `At least ${fewest} pods serve a model, so that one may fail.`,
  severity: { dev: "disabled", staging: "advisory", prod: "mandatory" },
  release: ({ values }) => {
    const [setting, path] = whoDecides(values);
    const found = at(values, ...path);
    return found === unknown || Number(found) >= fewest
      ? []
      : [{ setting, message: `found ${found}; set it to at least ${fewest}` }];
  },
};

/** The setting that decides the least number of pods, and where the chart has it. */
function whoDecides(values: object): [setting: string, path: string[]] {
  if (at(values, "keda", "enabled") === true) {
    return ["values.keda.minReplicaCount", ["keda", "minReplicaCount"]];
  }
  if (at(values, "autoscaling", "enabled") === true) {
    return ["values.autoscaling.minReplicas", ["autoscaling", "minReplicas"]];
  }
  return ["replicas", ["replicaCount"]];
}
