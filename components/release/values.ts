import * as pulumi from "@pulumi/pulumi";
import { isMapping, nestedAt, type Values } from "../../shared/mappings";
import { UserError } from "../../shared/userError";
import type { ChartValues } from "../arguments/chartValues";
import { keyOf } from "../problems/problem";
import type { Chart } from "./chart";
import { ChartDocuments } from "./chartDocuments";
import { ownedValues } from "./ownedValues";
import { lostValues } from "./valuesProblems";

/** What the component hands to the chart; names and meaning are those of `chart/values.yaml`. */
export interface OwnedValues {
  fullnameOverride: string;
  image: {
    repository: pulumi.Input<string>;
    tag?: pulumi.Input<string>;
    digest: pulumi.Input<string>;
    pullPolicy?: string;
  };
  imagePullSecrets?: pulumi.Input<{ name: string }[]>;
  ingress?: pulumi.Input<object>;
  model: Omit<NonNullable<ChartValues["model"]>, "uri"> & { uri?: object };
  replicaCount: pulumi.Input<number>;
  resources?: pulumi.Input<object>;
}

/**
 * Joins the user's further chart values with those of the component.
 *
 * The chart's fingerprint goes into the values because nothing else shows every truth: by itself
 * the provider compares the chart's version only, so an edited template would be no change. As a
 * value it is stored in the release, so a refresh notices when someone rolled the release back
 * with `helm rollback` or a failed update did, which holds for neither the description nor the
 * version. Under `global` no template of the chart reads it, so pods whose manifests are the same
 * do not restart.
 */
export function releaseValues(owned: OwnedValues, further: Values, chart: Chart): Values {
  const taken = Object.keys(ownedValues).filter((key) => key in further);
  if (taken.length > 0) {
    const remedies = taken.map((key) => `${key} (use: ${ownedValues[key]})`);
    throw new UserError(
      `these chart values are set by the deployment itself: ${remedies.join(", ")}`,
    );
  }
  const documents = ChartDocuments.of(chart.path);
  refuseLost(further, documents);
  const known = refusingLost(further, [], documents) as Values;
  const global = isMapping(known.global) ? known.global : {};
  return withoutUndefined({
    ...known,
    ...owned,
    global: { ...global, chartFingerprint: chart.fingerprint },
  });
}

function refuseLost(values: Values, chart: ChartDocuments): void {
  const unset = lostValues(values, chart);
  if (unset.length > 0) {
    const lines = unset.map(({ path, message }) => `${keyOf(["values", ...path])}: ${message}`);
    throw new UserError(`these chart values cannot be set:\n  ${lines.join("\n  ")}`);
  }
}

/** The same of what outputs and promises turn out to be. Each is looked at alone: one may be secret. */
function refusingLost(
  value: unknown,
  at: readonly (string | number)[],
  chart: ChartDocuments,
): unknown {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    const settled: pulumi.Output<unknown> = pulumi.output(value as pulumi.Input<Values>);
    return settled.apply((known) => {
      refuseLost(nestedAt(at, known) as Values, chart);
      return known;
    });
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => refusingLost(item, [...at, index], chart));
  }
  return isMapping(value)
    ? Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, refusingLost(item, [...at, key], chart)]),
      )
    : value;
}

// An undefined value would reach the provider as null, and null deletes a chart's default.
function withoutUndefined(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, isMapping(value) ? withoutUndefined(value) : value]),
  );
}
