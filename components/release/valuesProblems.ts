import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { type Values, valueAt } from "../../shared/mappings";
import { packageFolder } from "../../shared/packageFolder";
import { redactSecrets } from "../../shared/redactSecrets";
import { nearest } from "../problems/didYouMean";
import { listOf } from "../problems/listOf";
import type { KeyPath, Problem, Written } from "../problems/problem";
import { inQuotes, textMeant } from "../problems/quotes";
import { schemaKeys } from "../problems/schemaNode";
import { ChartDocuments } from "./chartDocuments";
import { unsetValues } from "./unsetValues";

/**
 * What the chart would refuse of further values, by its own schema. Helm says it too, but only in
 * the middle of an update: a preview does not render the chart.
 */
export function valuesProblems(
  values: Values,
  chart: ChartDocuments,
  written: Written = () => undefined,
): Problem[] {
  if (Object.keys(values).length === 0) {
    return [];
  }
  const unset = lostValues(values, chart);
  const isUnset = (path: KeyPath) => unset.some((one) => isDeepStrictEqual(one.path, path));
  const issues = chart.schema.safeParse(values).error?.issues ?? [];
  return [
    ...unset,
    ...issues
      .filter(({ path }) => !isUnset(path))
      .flatMap((issue) =>
        issue.code === "unrecognized_keys"
          ? explain(issue, values, chart)
          : explain(issue, values, chart).map((problem) =>
              withQuotes(problem, values, chart, written),
            ),
      ),
  ];
}

/** Those of further values that an update would not hand to Helm. */
export function lostValues(values: Values, chart: ChartDocuments): Problem[] {
  return unsetValues(values, chart, (path, value) => accepts(values, chart, path, value));
}

/** Whether the chart's schema takes a value at a path, whatever it says of the others. */
function accepts(values: Values, chart: ChartDocuments, path: KeyPath, value: unknown): boolean {
  const changed = structuredClone(values);
  const parent = valueAt(changed, path.slice(0, -1)) as Record<PropertyKey, unknown>;
  parent[path.at(-1) as PropertyKey] = value;
  const issues = chart.schema.safeParse(changed).error?.issues ?? [];
  return !issues.some((issue) => isDeepStrictEqual(issue.path, path));
}

/** If text is accepted there, and some other scalar was found: how to write it as text. */
function withQuotes(
  problem: Problem,
  values: Values,
  chart: ChartDocuments,
  written: Written,
): Problem {
  const { path, message } = problem;
  const text = textMeant(valueAt(values, path), written(path));
  return text !== undefined && accepts(values, chart, path, text)
    ? { path, message: `${message}${inQuotes(text)}` }
    : problem;
}

/** Whether the chart of this package has a value of this name at its top. */
export function isChartValue(key: string): boolean {
  return schemaKeys(ChartDocuments.of(packageFolder("chart")).schema, []).includes(key);
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, values: Values, chart: ChartDocuments): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      message: `the chart has no such value${hint(issue.path, key, chart)}; see chart/README.md`,
    }));
  }
  const value = valueAt(values, issue.path);
  const found = value === undefined ? "missing" : `found ${redactSecrets(JSON.stringify(value))}`;
  return [{ path: issue.path, message: `${found}; accepted: ${accepted(issue)}` }];
}

/** Asks the schema for the keys it knows there, by the keys it does not refuse. */
function hint(at: KeyPath, key: string, chart: ChartDocuments): string {
  const near = nearest(key, schemaKeys(chart.schema, at));
  return near === undefined ? "" : `; did you mean ${near}?`;
}

/** Types as the rest of the messages names them. */
const inWords: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "a mapping",
  record: "a mapping",
  string: "text",
};

function accepted(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return inWords[issue.expected] ?? issue.expected;
    case "invalid_value":
      return listOf(issue.values.map(String));
    case "invalid_format":
      return `text that matches ${issue.pattern}`;
    case "too_small":
      return `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    case "invalid_union":
      return listOf([
        ...new Set(issue.errors.flatMap(([first]) => (first ? [accepted(first)] : []))),
      ]);
    default:
      return issue.message;
  }
}
