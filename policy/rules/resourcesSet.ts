import { at } from "../known";
import { podsOf } from "../pods";
import type { Rule } from "../rule";

const needed = [
  ["requests", "memory"],
  ["limits", "memory"],
  ["requests", "cpu"],
] as const;

export const resourcesSet: Rule = {
  name: "resources-set",
  description: "Every container requests cpu and memory and has a memory limit.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: (release) =>
    podsOf(release)
      .flatMap(({ containers }) => containers)
      // Kubernetes knows no resources of those, which are for a person to look around.
      .filter(({ list }) => list !== "ephemeralContainers")
      .flatMap(({ name, spec, setting }) =>
        needed
          .map(([kind, resource]) => ({
            kind,
            resource,
            found: at(spec, "resources", kind, resource),
          }))
          .filter(({ found }) => found === undefined || isNone(found))
          .map(({ kind, resource, found }) => ({
            setting: setting(["resources", kind, resource]),
            message: `${found === undefined ? "missing" : `found ${found}, which is none,`} for the container ${name}; set it to what was measured, such as ${resource === "cpu" ? "250m" : "512Mi"}`,
          })),
      ),
};

/** Nothing is requested, and nothing is limited, by 0. */
function isNone(amount: unknown): boolean {
  return Number.parseFloat(String(amount)) === 0;
}
