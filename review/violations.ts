import type { Violation } from "./events";

/** So many models may violate a policy in the same way before they share a line. */
const MAX_SHOWN_ALONE = 3;

/** The violations, with one line for those that many models have in common. */
export function inCommon(violations: readonly Violation[]): Violation[] {
  const groups = new Map<string, { violations: Violation[]; models: string[]; rest: string }>();
  for (const violation of violations) {
    const { policy, isMandatory, message } = violation;
    const [, model = "", rest = message] = /^models\.([^.]+)\.(.*)$/s.exec(message) ?? [];
    const key = [policy, isMandatory, model === "" ? "" : "of a model", rest].join("\n");
    const group = groups.get(key) ?? { violations: [], models: [], rest };
    group.violations.push(violation);
    group.models.push(model);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ violations, models, rest }) => {
    const [first] = violations;
    return first === undefined || violations.length <= MAX_SHOWN_ALONE
      ? violations
      : [{ ...first, message: `models.<name>.${rest} (${models.length} models: ${some(models)})` }];
  });
}

function some(names: readonly string[]): string {
  return names.length <= 10 ? names.join(", ") : `${names.slice(0, 10).join(", ")}, …`;
}
