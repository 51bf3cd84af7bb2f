import { at } from "../known";
import type { Rule } from "../rule";

export const disruptionBudget: Rule = {
  name: "disruption-budget",
  description:
    "A PodDisruptionBudget keeps a drain of nodes from taking all pods at once, or none.",
  severity: { dev: "disabled", staging: "advisory", prod: "mandatory" },
  release: ({ values }) => {
    const budget = at(values, "podDisruptionBudget");
    if (at(budget, "enabled") === false) {
      return [
        {
          setting: "values.podDisruptionBudget.enabled",
          message: "found false: a drain of nodes may evict all pods at once; set it to true",
        },
      ];
    }
    const most = at(budget, "maxUnavailable");
    return at(budget, "minAvailable") === undefined && [0, "0", "0%"].some((none) => none === most)
      ? [
          {
            setting: "values.podDisruptionBudget.maxUnavailable",
            message: `found ${most}: no node with such a pod can ever be drained; set it to at least 1`,
          },
        ]
      : [];
  },
};
