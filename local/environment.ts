/** What Pulumi, Helm and kubectl need to know to work on the local platform. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import {
  BUILDX_CONFIG,
  KUBECONFIG,
  PLATFORM_NAME,
  PROJECT_DIR,
  REGISTRY,
  TOOLS_BIN,
} from "./settings";

/** Pulumi's state of this checkout, in files: no account is needed. */
export const PULUMI_STATE_DIR = path.join(PROJECT_DIR, ".pulumi", "state");

/**
 * Whether a stack deploys to the local platform: it does if its images go to the local registry.
 * A stack that names another registry uses the current kube context.
 */
export function usesLocalPlatform(stackConfig: string): boolean {
  const { config = {} } = (parse(stackConfig) ?? {}) as {
    config?: Record<string, { registry?: unknown } | undefined>;
  };
  const registry = config["model-deployment:image"]?.registry;
  return typeof registry === "string" && registry.split("/")[0] === REGISTRY;
}

/** The stack's configuration file; an empty text if it has none. */
export function readStackConfig(stack: string, folder = PROJECT_DIR): string {
  const file = path.join(folder, `Pulumi.${stack}.yaml`);
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

/**
 * Environment variables for the tools. What the user has set stays, except where it would lead away
 * from the local platform.
 */
export function environment(local: boolean): Record<string, string> {
  const common = {
    PATH: [TOOLS_BIN, process.env.PATH].join(path.delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // The type-check is half of a preview's time; `make test` does it.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
  if (!local) {
    return common;
  }
  return {
    ...common,
    KUBECONFIG,
    BUILDX_CONFIG,
    BUILDX_BUILDER: PLATFORM_NAME,
    PULUMI_BACKEND_URL: process.env.PULUMI_BACKEND_URL ?? `file://${PULUMI_STATE_DIR}`,
    // The state of a throw-away cluster holds no secret worth a passphrase.
    PULUMI_CONFIG_PASSPHRASE: process.env.PULUMI_CONFIG_PASSPHRASE ?? "",
  };
}

/** The environment as lines for `eval`. */
export function exportLines(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'${os.EOL}`)
    .join("");
}
