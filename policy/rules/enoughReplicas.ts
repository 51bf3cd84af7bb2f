import { at, unknown } from "../known";
import type { ModelRelease } from "../resources";
import type { Rule } from "../rule";

const MIN_REPLICAS = 2;

export const enoughReplicas: Rule = {
  name: "enough-replicas",
  description: `At least ${MIN_REPLICAS} pods serve a model, so that one may fail.`,
  severity: { dev: "disabled", staging: "advisory", prod: "mandatory" },
  release: (release) => {
    const [setting, path] = whoDecides(release.values);
    return [{ setting, found: at(release.values, ...path) }, ...furtherScalers(release)]
      .filter(({ found }) => found !== unknown && !(Number(found) >= MIN_REPLICAS))
      .map(({ setting, found }) => ({
        setting,
        message: `found ${found}; set it to at least ${MIN_REPLICAS}`,
      }));
  },
};

/** Autoscalers among the further objects that decide about the model's pods. */
function furtherScalers(release: ModelRelease): { setting: string; found: unknown }[] {
  const objects = release.objects();
  const own = objects.filter(({ setting }) => setting === undefined).map(({ name }) => name);
  return objects.flatMap(({ content, setting }) => {
    const target = at(content, "spec", "scaleTargetRef");
    const name = `${at(target, "kind") ?? "Deployment"} ${at(target, "name")}`;
    if (setting === undefined || target === undefined || !own.includes(name)) {
      return [];
    }
    // What Kubernetes, and what KEDA takes if it is not said.
    const [field, otherwise] =
      content.kind === "ScaledObject" ? ["minReplicaCount", 0] : ["minReplicas", 1];
    return [
      {
        setting: `${setting}.spec.${field}`,
        found: at(content, "spec", String(field)) ?? otherwise,
      },
    ];
  });
}

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
