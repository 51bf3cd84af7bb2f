/** Golden requests: rows that a model never saw in training, and what plain XGBoost predicts for them. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

/** What a model predicts: a number, a label, or a number for each of its targets. */
export type Prediction = number | string | number[];

export interface Golden {
  /** How far an answer may be off. Default: 1e-6 */
  tolerance?: number;
  /** `null` is a missing value. */
  features: (number | null)[][];
  predictions: Prediction[];
}

/** The golden requests beside the model with that sha256, if it is among those below a folder. */
export function findGolden(sha256: string, models: string): Golden | undefined {
  for (const entry of fs.readdirSync(models, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.startsWith("model.")) {
      continue;
    }
    const content = fs.readFileSync(path.join(entry.parentPath, entry.name));
    if (createHash("sha256").update(content).digest("hex") !== sha256) {
      continue;
    }
    const golden = path.join(entry.parentPath, "golden.json");
    if (fs.existsSync(golden)) {
      return JSON.parse(fs.readFileSync(golden, "utf8")) as Golden;
    }
  }
  return undefined;
}

/** The first row that every server takes: one without a missing value. */
export function completeRow({ features }: Golden): number | undefined {
  const row = features.findIndex((values) => !values.includes(null));
  return row < 0 ? undefined : row;
}

/** Whether a prediction is the expected one of that row. */
export function isExpected(golden: Golden, row: number, prediction: unknown): boolean {
  return distance(golden.predictions[row], prediction) <= (golden.tolerance ?? 1e-6);
}

/** How far apart two predictions are: infinitely, if they are not of the same kind. */
function distance(expected: unknown, found: unknown): number {
  if (typeof expected === "number" && typeof found === "number") {
    return Math.abs(expected - found);
  }
  if (Array.isArray(expected) && Array.isArray(found) && expected.length === found.length) {
    return Math.max(0, ...expected.map((one, index) => distance(one, found[index])));
  }
  return typeof expected === "string" && expected === found ? 0 : Number.POSITIVE_INFINITY;
}

/** How a server is asked: as the chart's `golden` says it. */
export interface GoldenForm {
  path: string;
  /** JSON, in which `$features` stands for a row and `$count` for the number of its values. */
  body: string;
  /** Keys and numbers with dots between. */
  answer: string;
}

/** The chart's own defaults. */
export const defaultForm: GoldenForm = {
  path: "/predict",
  body: '{"features": $features}',
  answer: "prediction",
};

/** What is sent for a row. */
export function requestOf({ body }: GoldenForm, features: Golden["features"][number]): string {
  return body
    .replaceAll("$features", JSON.stringify(features))
    .replaceAll("$count", String(features.length));
}

/** The prediction in an answer; undefined if there is none. */
export function predictionIn({ answer }: GoldenForm, text: string): unknown {
  try {
    return answer
      .split(".")
      .reduce<unknown>((value, key) => Object(value)[key], JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
