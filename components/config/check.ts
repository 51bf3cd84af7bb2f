import { isMapping } from "../merge";
import { stackDefinition } from "./definition";
import { type KeyPath, type Problem, problemsOf } from "./problems";
import { resolve, type StackConfig } from "./resolve";

/**
 * Checks a stack's configuration and works it out. Both what has the wrong form and what cannot be
 * (a model file that is not there) is found in one go: what has the wrong form is set aside and the
 * rest is checked on.
 */
export function checkConfig(input: Record<string, unknown>): {
  config?: StackConfig;
  problems: Problem[];
} {
  const rest = structuredClone(input);
  let malformed: Problem[] | undefined;
  for (;;) {
    const parsed = stackDefinition.safeParse(rest);
    if (parsed.success) {
      const { config, problems } = resolve(parsed.data);
      const known = malformed ?? [];
      const further = problems.filter(({ path }) => !known.some((one) => related(one.path, path)));
      return { config, problems: [...known, ...further] };
    }
    const problems = problemsOf(parsed.error, rest);
    malformed ??= problems;
    if (!setAside(rest, problems)) {
      return { problems: malformed };
    }
  }
}

/** One path leads through the other, so that one problem is the consequence of the other. */
function related(a: KeyPath, b: KeyPath): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((part, index) => part === b[index]);
}

/** Removes what has problems from the input. False: that is everything. */
function setAside(input: Record<string, unknown>, problems: readonly Problem[]): boolean {
  const paths = problems.map(({ path }) => entryAt(input, path));
  for (const path of paths) {
    const parent = path.slice(0, -1).reduce<unknown>(child, input);
    if (isMapping(parent)) {
      delete parent[String(path.at(-1))];
    }
  }
  return paths.every((path) => path.length > 0);
}

/** The path to the entry with the problem, or if it is one of a list or missing, to what has it. */
function entryAt(input: Record<string, unknown>, path: KeyPath): KeyPath {
  for (let length = path.length; length > 0; length--) {
    const parent = path.slice(0, length - 1).reduce<unknown>(child, input);
    if (isMapping(parent) && String(path[length - 1]) in parent) {
      return path.slice(0, length);
    }
  }
  return [];
}

function child(value: unknown, key: PropertyKey): unknown {
  return isMapping(value) ? value[String(key)] : undefined;
}
