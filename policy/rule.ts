import type { ResourceValidationPolicy } from "@pulumi/policy";
import { type Environment, environmentOf, environments, stackOf } from "./environment";
import { RenderError } from "./rendering";
import { type ImageBuild, type ModelRelease, readImageBuild, readModelRelease } from "./resources";

/** What a violation does: nothing, a warning, or no update. */
export type Severity = "disabled" | "advisory" | "mandatory";

/** What is wrong, by the setting of the stack's config that makes it right. */
export interface Violation {
  /** Path of the setting, as below a model: `image.digest`. */
  setting: string;
  /** What was found, and what to do. */
  message: string;
}

/** One thing that must hold, looked at in one kind of resource or both. */
export interface Rule {
  name: string;
  description: string;
  severity: Record<Environment, Severity>;
  release?: (release: ModelRelease) => Violation[];
  build?: (build: ImageBuild) => Violation[];
}

/** Images that this update builds. Each comes before the releases that run it, which wait for it. */
const built = new Set<unknown>();

/**
 * The policies that enforce a rule. Pulumi knows one level per policy, whatever the stack; so a rule
 * that only warns in one environment and stops the update in another is two policies, each silent in
 * the stacks of the other.
 */
export function policiesOf(rule: Rule): ResourceValidationPolicy[] {
  const levels = (["mandatory", "advisory"] as const).filter((level) =>
    environments.some((environment) => rule.severity[environment] === level),
  );
  return levels.map((level, index) => ({
    name: index === 0 ? rule.name : `${rule.name}-${level}`,
    description: rule.description,
    enforcementLevel: level,
    validateResource: (args, reportViolation) => {
      const build = readImageBuild(args);
      if (build !== undefined) {
        built.add(build.reference);
      }
      const environment = environmentOf(stackOf(args.urn), args.stackTags);
      if (rule.severity[environment] !== level) {
        args.notApplicable(`${rule.severity[environment]} in ${environment}`);
      }
      for (const { setting, message } of violationsOf(rule, args)) {
        reportViolation(`${setting}: ${message}`);
      }
    },
  }));
}

function violationsOf(rule: Rule, resource: { urn: string; props: object }): Violation[] {
  const release = rule.release && readModelRelease(resource, built);
  if (release !== undefined) {
    return releaseViolations(rule, release).map(({ setting, message }) => ({
      setting: `models.${release.model}${setting === "" ? "" : "."}${setting}`,
      message,
    }));
  }
  const build = rule.build && readImageBuild(resource);
  return rule.build !== undefined && build !== undefined ? rule.build(build) : [];
}

/** What a rule finds in a release, each once, however many containers have it from one setting. */
export function releaseViolations(rule: Rule, release: ModelRelease): Violation[] {
  try {
    const found = (rule.release?.(release) ?? []).map(
      ({ setting, message }) =>
        [
          `${setting}: ${message.replace(/ for the container [^ ;]+/, "")}`,
          { setting, message },
        ] as const,
    );
    return [...new Map(found).values()];
  } catch (error) {
    if (error instanceof RenderError) {
      return [{ setting: "", message: `cannot be judged: ${error.message}` }];
    }
    throw error;
  }
}
