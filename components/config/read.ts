import * as fs from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nearest } from "../problems/didYouMean";
import type { Problem } from "../problems/problem";
import { checkWritten } from "./check";
import { ConfigError } from "./configError";
import { oldNamesWarning } from "./oldNames";
import { nodeAt } from "./problems";
import type { StackConfig } from "./resolve";
import { ConfigSecrets } from "./secrets";
import { sizeWarning } from "./size";
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
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  const written = withModelFiles(input, {
    text,
    name: `Pulumi.${stack}.yaml`,
    prefix: namespace,
  });
  const secrets = new ConfigSecrets(secretKeys, input, namespace, text);
  const { config, problems } = checkWritten(written);
  const redacted = secrets.hide([...problems, ...strays]);
  if (config === undefined || redacted.length > 0) {
    throw new ConfigError(stack, redacted, written.files);
  }
  const warnings = [sizeWarning(stack, process.env.PULUMI_CONFIG), oldNamesWarning(written.input)];
  for (const warning of warnings) {
    if (warning !== undefined) {
      void pulumi.log.warn(warning);
    }
  }
  for (const key of secrets.uncertain()) {
    void pulumi.log.warn(
      `something below ${key} is secret, and ${file} does not say what: only baseImage, buildArgs and credentials of an image, annotations of an ingress and values are kept so`,
    );
  }
  return secrets.keep(config);
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
