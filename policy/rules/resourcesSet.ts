import { at, listAt, textAt, unknown } from "../known";
import type { Rule, Violation } from "../rule";

const needed = [
  ["requests", "memory"],
  ["limits", "memory"],
  ["requests", "cpu"],
] as const;

export const resourcesSet: Rule = {
  name: "resources-set",
  description: "Every container requests cpu and memory and has a memory limit.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: ({ values }) => [
    ...problemsOf(at(values, "resources"), "resources"),
    ...(at(values, "model", "source") === "uri"
      ? problemsOf(at(values, "model", "uri", "resources"), "source.uri.resources")
      : []),
    ...["initContainers", "sidecars"].flatMap((list) =>
      listAt(values, list).flatMap((container, index) =>
        problemsOf(
          at(container, "resources"),
          `values.${list}[${index}].resources`,
          ` for the container ${textAt(container, "name") ?? index}`,
        ),
      ),
    ),
  ],
};

function problemsOf(resources: unknown, setting: string, ofWhom = ""): Violation[] {
  if (resources === unknown) {
    return [];
  }
  return needed
    .filter(([kind, resource]) => at(resources, kind, resource) === undefined)
    .map(([kind, resource]) => ({
      setting: `${setting}.${kind}.${resource}`,
      message: `missing${ofWhom}; set it to what was measured, such as ${resource === "cpu" ? "250m" : "512Mi"}`,
    }));
}
