/** The facts of a model as a table shows them, old and new. */
import { withShortDigests } from "../shared/shortDigests";
import type { ModelChange, ModelFacts } from "./models";

export const columns = ["version", "sha256", "image", "replicas", "chart"] as const;

/** `1.0.0 → 2.0.0`; one of them where they are the same or there is one only. */
export function change(model: ModelChange, column: keyof ModelFacts): string {
  const [before, after] = [model.before, model.after].map((facts) => shown(column, facts));
  if (before === undefined || after === undefined) {
    return after ?? before ?? "";
  }
  return before === after ? after : `${before} → ${after}`;
}

function shown(column: keyof ModelFacts, facts: ModelFacts | undefined): string | undefined {
  const value = facts?.[column];
  if (facts === undefined || value === undefined) {
    return facts && "–";
  }
  return withShortDigests(value);
}

/** The models that deserve a row: of many only those that change, the others by name. */
export function rowsOf<T extends ModelChange>(models: readonly T[]): { rows: T[]; rest: string[] } {
  const isShort = models.length <= 10;
  const rows = models.filter((model) => isShort || model.change !== "none");
  const rest = models.filter((model) => !isShort && model.change === "none");
  return { rows, rest: rest.map(({ name }) => name) };
}

export const marks: Record<ModelChange["change"], string> = {
  create: "+ create",
  update: "~ update",
  replace: "± replace",
  delete: "- delete",
  none: "unchanged",
};
