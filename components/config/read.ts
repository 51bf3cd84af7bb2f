import * as fs from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { IngressArgs } from "../ingress";
import { isMapping } from "../merge";
import type { ServingImageArgs } from "../servingImage";
import { checkWritten } from "./check";
import { ConfigError, nodeAt, type Problem } from "./problems";
import type { StackConfig } from "./resolve";
import { sizeWarning } from "./size";
import { nearest } from "./spelling";
import { stackFile } from "./stackFile";
import { withModelFiles } from "./written";

/**
 * Reads and checks the configuration of the current stack, before any resource exists.
 *
 * @throws ConfigError that lists everything wrong with it
 */
export function readStackConfig(): StackConfig {
  const stack = pulumi.getStack();
  const namespace = `${pulumi.getProject()}:`;
  const input: Record<string, unknown> = {};
  const strays: Problem[] = [];
  const secretKeys = new Set<string>();
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    if (key.startsWith(namespace)) {
      const name = key.slice(namespace.length);
      input[name] = typedValue(name, value);
      if (isSecret(key)) {
        secretKeys.add(name);
      }
    } else if (isMisspelt(key)) {
      const meant = namespace + key.slice(key.indexOf(":") + 1);
      strays.push({ path: [key], message: `nobody reads this; did you mean ${meant}?` });
    }
  }
  const file = stackFile(stack);
  const written = withModelFiles(input, {
    text: fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "",
    name: `Pulumi.${stack}.yaml`,
    prefix: namespace,
  });
  const { config, problems } = checkWritten(written);
  if (config === undefined || problems.length + strays.length > 0) {
    throw new ConfigError(stack, [...problems, ...strays], written.files);
  }
  const warning = sizeWarning(stack, process.env.PULUMI_CONFIG);
  if (warning !== undefined) {
    void pulumi.log.warn(warning);
  }
  return keepSecrets(config, secretKeys);
}

/** The settings of providers have other names before them; one near the project's own is a mistake. */
function isMisspelt(key: string): boolean {
  return nearest(key.slice(0, key.indexOf(":")), [pulumi.getProject()], 2) !== undefined;
}

/** Pulumi hands every top-level value over as text; which type it stands for, the definition says. */
export function typedValue(key: string, value: string): unknown {
  const node = nodeAt([key]);
  if (node === undefined || node instanceof z.ZodString) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isSecret(key: string): boolean {
  // Public in the SDK's behaviour (Config.get warns by it) but not in its types.
  const runtime = pulumi.runtime as { isConfigSecret?: (key: string) => boolean };
  return runtime.isConfigSecret?.(key) ?? false;
}

/**
 * Pulumi tells only which top-level key holds a secret somewhere. What can hold one unforeseen becomes
 * secret as a whole then: further chart values, annotations of the ingress, and build arguments.
 * Passwords always are.
 */
function keepSecrets(config: StackConfig, secretKeys: ReadonlySet<string>): StackConfig {
  const holds = (key: string) => secretKeys.has(key) || secretKeys.has("models");
  const keepBuildArgs = <T extends { buildArgs?: ServingImageArgs["buildArgs"] }>(image: T): T =>
    image.buildArgs && holds("image")
      ? { ...image, buildArgs: secretLeaves(image.buildArgs) as ServingImageArgs["buildArgs"] }
      : image;
  const keepAnnotations = (ingress: IngressArgs): IngressArgs =>
    ingress.annotations && holds("ingress")
      ? { ...ingress, annotations: secretLeaves(ingress.annotations) as Record<string, string> }
      : ingress;
  const models = config.models.map(({ args, ...model }) => ({
    ...model,
    args: {
      ...args,
      values: args.values && holds("values") ? secretLeaves(args.values) : args.values,
      // From a configuration it is known, and no output.
      ingress: args.ingress && keepAnnotations(args.ingress as IngressArgs),
      image: keepBuildArgs(args.image),
    },
  }));
  const images = Object.entries(config.images).map(([name, image]) => [name, keepBuildArgs(image)]);
  return { ...config, models, images: Object.fromEntries(images) };
}

function secretLeaves(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      isMapping(value) ? secretLeaves(value) : pulumi.secret(value),
    ]),
  );
}
