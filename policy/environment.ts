export const environments = ["dev", "staging", "prod"] as const;

/** How strictly a stack is judged. */
export type Environment = (typeof environments)[number];

/** The stack's tag that says it where the name does not. */
export const ENVIRONMENT_TAG = "model-deployment:environment";

const byName: readonly [RegExp, Environment][] = [
  [/(^|[-_.])(prod|production|live)([-_.]|$)/i, "prod"],
  [/(^|[-_.])(dev|development|local|test|sandbox|pr-?\d+)([-_.]|$)/i, "dev"],
];

/** The environment of a stack: by its tag, else by its name; a name that says nothing is `staging`. */
export function environmentOf(stack: string, tags: ReadonlyMap<string, string>): Environment {
  const tag = tags.get(ENVIRONMENT_TAG);
  if (tag === undefined) {
    return byName.find(([pattern]) => pattern.test(stack))?.[1] ?? "staging";
  }
  const environment = environments.find((name) => name === tag);
  if (environment === undefined) {
    throw new Error(
      `the tag ${ENVIRONMENT_TAG} of stack ${stack} is ${JSON.stringify(tag)}; accepted: ${environments.join(", ")}`,
    );
  }
  return environment;
}

/** `prod` of `urn:pulumi:prod::project::type::name`. */
export function stackOf(urn: string): string {
  return urn.split("::")[0]?.split(":")[2] ?? "";
}
