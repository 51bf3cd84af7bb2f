import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { isMapping } from "../merge";
import { checkConfig } from "./check";
import { ConfigError, nodeAt } from "./problems";
import type { StackConfig } from "./resolve";

/**
 * Reads and checks the configuration of the current stack, before any resource exists.
 *
 * @throws ConfigError that lists everything wrong with it
 */
export function readStackConfig(): StackConfig {
  const stack = pulumi.getStack();
  const namespace = `${pulumi.getProject()}:`;
  const input: Record<string, unknown> = {};
  const secretKeys = new Set<string>();
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    if (key.startsWith(namespace)) {
      const name = key.slice(namespace.length);
      input[name] = typed(name, value);
      if (isSecret(key)) {
        secretKeys.add(name);
      }
    }
  }
  const { config, problems } = checkConfig(input);
  if (config === undefined || problems.length > 0) {
    throw new ConfigError(stack, problems);
  }
  return keepSecrets(config, secretKeys);
}

/** Pulumi hands every top-level value over as text; which type it stands for, the definition says. */
function typed(key: string, value: string): unknown {
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
 * Pulumi tells only which top-level key holds a secret somewhere. What can hold one unforeseen are
 * the further chart values: they become secret as a whole then. Passwords always are.
 */
function keepSecrets(config: StackConfig, secretKeys: ReadonlySet<string>): StackConfig {
  if (!secretKeys.has("values") && !secretKeys.has("models")) {
    return config;
  }
  const models = config.models.map(({ name, args }) => ({
    name,
    args: { ...args, values: args.values && secretLeaves(args.values) },
  }));
  return { ...config, models };
}

function secretLeaves(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      isMapping(value) ? secretLeaves(value) : pulumi.secret(value),
    ]),
  );
}
