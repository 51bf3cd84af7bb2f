/** The stack that is previewed: the real one, or without its state a stand-in. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import type { ProviderConfig } from "../components/cluster/kubeconfig";
import { tooLarge } from "../components/config/size";
import { isMapping } from "../shared/mappings";
import { redactSecrets } from "../shared/redactSecrets";
import { run, tryRun } from "../shared/run";

export interface PreviewedStack {
  name: string;
  /** Arguments for `pulumi preview`, and environment besides this process's own. */
  args: string[];
  env: NodeJS.ProcessEnv;
  access: ProviderConfig;
  /** What a preview of it cannot tell, in words. */
  unchecked: string[];
  /** What `pulumi stack export` says of the stack; a stand-in has deployed nothing. */
  exported?: unknown;
  remove: () => void;
}

/**
 * The stack as Pulumi knows it; where its state cannot be read (a fork has no credentials), a new one
 * in a throw-away folder, with the same settings but for the encrypted ones.
 */
export async function openStack(name: string, project: string): Promise<PreviewedStack> {
  const location = path.join(project, `Pulumi.${name}.yaml`);
  if (!fs.existsSync(location)) {
    throw new Error(`Pulumi.${name}.yaml does not exist in ${project}`);
  }
  const file = (parse(fs.readFileSync(location, "utf8")) ?? {}) as StackFile;
  const large = tooLarge(name, file.config ?? {});
  if (large !== undefined) {
    throw new Error(`${large.message}: ${large.remedy}`);
  }
  const access = accessOf(file);
  const args = ["stack", "export", "--stack", name, "--non-interactive"];
  const state = await tryRun("pulumi", args, { cwd: project });
  if (state.code === 0) {
    const exported: unknown = JSON.parse(state.stdout);
    return { name, args: [], env: {}, access, unchecked: [], exported, remove: () => undefined };
  }
  const reason = redactSecrets(state.stderr)
    .trim()
    .split("\n")
    .at(-1)
    ?.replace(/^error: /, "");
  return standIn(name, project, file, { access, reason });
}

interface StackFile {
  config?: Record<string, unknown>;
  [key: string]: unknown;
}

async function standIn(
  name: string,
  project: string,
  file: StackFile,
  known: { access: ProviderConfig; reason?: string },
): Promise<PreviewedStack> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "preview-"));
  const env = {
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "",
  };
  const unchecked = [`what is deployed: no state of stack ${name} (${known.reason}), all is new`];
  // A project without program: made here, the stack leaves no trace in the checkout.
  const manifest = parse(fs.readFileSync(path.join(project, "Pulumi.yaml"), "utf8")) as StackFile;
  const bare = { name: manifest.name, runtime: "nodejs" };
  fs.writeFileSync(path.join(folder, "Pulumi.yaml"), stringify(bare));
  await run("pulumi", ["stack", "init", name, "--no-select", "--non-interactive"], {
    cwd: folder,
    env,
  });
  const configFile = path.join(folder, `Pulumi.${name}.yaml`);
  const { encryptionsalt } = parse(fs.readFileSync(configFile, "utf8")) as StackFile;
  const hidden: string[] = [];
  const config = replaceEncrypted(file.config ?? {}, "", hidden);
  for (const key of hidden) {
    unchecked.push(`${key}: encrypted, a placeholder is used`);
  }
  // Pulumi reads YAML 1.1, in which more text needs quotes.
  fs.writeFileSync(configFile, stringify({ encryptionsalt, config }, { version: "1.1" }));
  return {
    name,
    args: ["--config-file", configFile],
    env,
    access: known.access,
    unchecked,
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

const PLACEHOLDER = "encrypted";

/** Pulumi writes an encrypted value as a mapping with `secure` alone. */
function replaceEncrypted(value: unknown, path: string, hidden: string[]): unknown {
  if (isMapping(value)) {
    if (typeof value.secure === "string" && Object.keys(value).length === 1) {
      hidden.push(path);
      return PLACEHOLDER;
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        replaceEncrypted(item, path === "" ? key : `${path}.${key}`, hidden),
      ]),
    );
  }
  return Array.isArray(value)
    ? value.map((item, index) => replaceEncrypted(item, `${path}[${index}]`, hidden))
    : value;
}

function accessOf({ config = {} }: StackFile): ProviderConfig {
  const text = (key: string) => {
    const value = config[`kubernetes:${key}`];
    return typeof value === "string" ? value : undefined;
  };
  return { context: text("context"), kubeconfig: text("kubeconfig") };
}
