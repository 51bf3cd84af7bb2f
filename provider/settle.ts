import * as pulumi from "@pulumi/pulumi";
import type { KeyPath, Problem } from "../components/problems/problem";
import { isMapping, type Values } from "../shared/mappings";
import type { PackageSchema } from "./packageSchema";
import type { PropertySpec } from "./schemaTypes";

/**
 * Inputs as the components take them: what has to be known when a program runs is taken out of the outputs
 * in which other languages hand it over, and what is null is not said. The rest stays the output it is, so
 * that what is secret or unknown remains so.
 */
export async function settle(
  inputs: Values,
  properties: Record<string, PropertySpec>,
  schema: PackageSchema,
): Promise<{ args: Values; problems: Problem[] }> {
  const problems: Problem[] = [];

  async function settleMapping(
    given: Values,
    specOf: (key: string) => PropertySpec | undefined,
    path: KeyPath,
  ): Promise<Values> {
    const settled: Values = {};
    for (const [key, value] of Object.entries(given)) {
      if (value !== null && value !== undefined) {
        settled[key] = await settleValue(value, specOf(key), [...path, key]);
      }
    }
    return settled;
  }

  async function settleValue(
    given: unknown,
    spec: PropertySpec | undefined,
    path: KeyPath,
  ): Promise<unknown> {
    if (spec === undefined) {
      return given;
    }
    if (schema.isFreeForm(spec)) {
      return settleFreeForm(given, path);
    }
    if (spec.plain === undefined) {
      return given;
    }
    const value = await known(given, path);
    if (Array.isArray(value)) {
      return Promise.all(
        value.map((item, index) => settleValue(item, spec.items, [...path, index])),
      );
    }
    if (isMapping(value)) {
      return settleMapping(value, (key) => schema.child(spec, key), path);
    }
    return value;
  }

  /** The keys have to be known, what stands at them need not be. */
  async function settleFreeForm(given: unknown, path: KeyPath): Promise<unknown> {
    if (!pulumi.Output.isInstance(given)) {
      return given;
    }
    const output: pulumi.Output<unknown> = given;
    const { value, isSecret } = await contentOf(output);
    if (!isMapping(value)) {
      return refuse(path, "the keys have to be known; make outputs of single values in it");
    }
    return isSecret
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, pulumi.secret(one)]))
      : value;
  }

  async function known(given: unknown, path: KeyPath): Promise<unknown> {
    if (!pulumi.Output.isInstance(given)) {
      return given;
    }
    const { isKnown, isSecret, value } = await contentOf(given);
    if (!isKnown) {
      return refuse(
        path,
        "found the output of a resource that does not exist yet; accepted: what is known when the program runs",
      );
    }
    if (isSecret) {
      return refuse(
        path,
        "found a secret; accepted: what may be read in the release and in the state",
      );
    }
    return value;
  }

  function refuse(path: KeyPath, message: string): undefined {
    problems.push({ path, message });
    return undefined;
  }

  return { args: await settleMapping(inputs, (key) => properties[key], []), problems };
}

/** What Pulumi knows of an output; its types hide all but the value. */
interface Content {
  isKnown: Promise<boolean>;
  isSecret: Promise<boolean>;
  promise(): Promise<unknown>;
}

async function contentOf(output: pulumi.Output<unknown>) {
  const content = output as unknown as Content;
  const [isKnown, isSecret, value] = await Promise.all([
    content.isKnown,
    content.isSecret,
    content.promise(),
  ]);
  return { isKnown: isKnown && !pulumi.containsUnknowns(value), isSecret, value };
}
