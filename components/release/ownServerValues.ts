import * as pulumi from "@pulumi/pulumi";
import { isMapping, type Values } from "../../shared/mappings";

/** The user's chart values, with what a deployment knows of a server that is not this package's. */
export function ownServerValues(
  values: Values,
  golden: { name: string; key: string } | undefined,
): Values {
  return {
    ...values,
    server: joined(values.server, { kind: "own" }),
    ...(golden && { golden: joined(values.golden, { configMap: golden }) }),
  };
}

function joined(given: unknown, own: Values): unknown {
  return given === undefined || isMapping(given)
    ? { ...given, ...own }
    : pulumi.output(given).apply((known) => ({ ...Object(known), ...own }));
}
