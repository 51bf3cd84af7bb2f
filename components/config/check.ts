import { isMapping, valueAt } from "../../shared/mappings";
import { isRelated, type KeyPath, type Problem, type Written } from "../problems/problem";
import { stackDefinition } from "./definition";
import { problemsOf } from "./problems";
import { resolve, type StackConfig } from "./resolve";
import type { WrittenConfig } from "./written";

/**
 * Checks a stack's configuration and works it out. Both what has the wrong form and what cannot be
 * (a model file that is not there) is found in one go: what has the wrong form is set aside and the
 * rest is checked on.
 */
export function checkConfig(
  input: Record<string, unknown>,
  written: Written = () => undefined,
): {
  config?: StackConfig;
  problems: Problem[];
} {
  const rest = structuredClone(input);
  let malformed: Problem[] | undefined;
  for (;;) {
    const parsed = stackDefinition.safeParse(rest);
    if (parsed.success) {
      const { config, problems } = resolve(parsed.data, written);
      const known = malformed ?? [];
      const further = problems.filter(
        ({ path }) => !known.some((one) => isRelated(one.path, path)),
      );
      return { config, problems: [...known, ...further] };
    }
    const problems = problemsOf(parsed.error, rest, written);
    malformed ??= problems;
    if (!setAside(rest, problems)) {
      return { problems: malformed };
    }
  }
}

/** The same of a configuration with files, and what is wrong with how it is written. */
export function checkWritten({ input, written, problems: odd }: WrittenConfig): {
  config?: StackConfig;
  problems: Problem[];
} {
  const { config, problems } = checkConfig(input, written);
  // Without the folder there may be no models at all.
  const isFolderWrong = odd.some(({ path }) => path[0] === "modelsFrom");
  const others = problems.filter(
    ({ path }) =>
      !odd.some((one) => isRelated(one.path, path)) &&
      !(isFolderWrong && path.length === 1 && path[0] === "models"),
  );
  return { config, problems: [...odd, ...others] };
}

/** Removes what has problems from the input. False: that is everything. */
function setAside(input: Record<string, unknown>, problems: readonly Problem[]): boolean {
  const paths = problems.map(({ path }) => entryAt(input, path));
  for (const path of paths) {
    const parent = valueAt(input, path.slice(0, -1));
    if (isMapping(parent)) {
      delete parent[String(path.at(-1))];
    }
  }
  return paths.every((path) => path.length > 0);
}

/** The path to the entry with the problem, or if it is one of a list or missing, to what has it. */
function entryAt(input: Record<string, unknown>, path: KeyPath): KeyPath {
  for (let length = path.length; length > 0; length--) {
    const parent = valueAt(input, path.slice(0, length - 1));
    if (isMapping(parent) && String(path[length - 1]) in parent) {
      return path.slice(0, length);
    }
  }
  return [];
}
