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
          .filter(([kind, resource]) => at(spec, "resources", kind, resource) === undefined)
          .map(([kind, resource]) => ({
            setting: setting(["resources", kind, resource]),
            message: `missing for the container ${name}; set it to what was measured, such as ${resource === "cpu" ? "250m" : "512Mi"}`,
          })),
      ),
};
