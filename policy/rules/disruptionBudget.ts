import { at } from "../known";
import type { Rule, Violation } from "../rule";

export const disruptionBudget: Rule = {
  name: "disruption-budget",
  description:
    "A PodDisruptionBudget keeps a drain of nodes from taking all pods at once, or none.",
  severity: { dev: "disabled", staging: "advisory", prod: "mandatory" },
  release: (release) => {
    const budget = at(release.values, "podDisruptionBudget");
    const own =
      at(budget, "enabled") === false
        ? [
            {
              setting: "values.podDisruptionBudget.enabled",
              message: "found false: a drain of nodes may evict all pods at once; set it to true",
            },
          ]
        : blocking(budget, "values.podDisruptionBudget");
    // A chart that refuses its budget renders nothing.
    if (own.length > 0) {
      return own;
    }
    return release
      .objects()
      .filter(({ content, setting }) => setting && content.kind === "PodDisruptionBudget")
      .flatMap(({ content, setting }) => blocking(at(content, "spec"), `${setting}.spec`));
  },
};

/** What lets no pod be evicted, ever. */
function blocking(budget: unknown, setting: string): Violation[] {
  const [minAvailable, maxUnavailable] = [at(budget, "minAvailable"), at(budget, "maxUnavailable")];
  const never = "no node with such a pod can ever be drained";
  if (minAvailable !== undefined) {
    return minAvailable === "100%"
      ? [{ setting: `${setting}.minAvailable`, message: `found 100%: ${never}; set it to less` }]
      : [];
  }
  return [0, "0", "0%"].some((none) => none === maxUnavailable)
    ? [
        {
          setting: `${setting}.maxUnavailable`,
          message: `found ${maxUnavailable}: ${never}; set it to at least 1`,
        },
      ]
    : [];
}
