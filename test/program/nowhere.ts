import * as fs from "node:fs";
import * as path from "node:path";
import { stringify } from "yaml";
import { environment } from "../../local/environment";

/** Nothing listens there. */
const CLOSED_PORT = "https://127.0.0.1:9";

/** The environment of a machine that reaches no cluster, no Docker daemon and no account. */
export function environmentOfNowhere(folder: string): Record<string, string> {
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "down",
    clusters: [{ name: "down", cluster: { server: CLOSED_PORT } }],
    // Without any credentials the provider would ask for a name, and wait for it.
    users: [{ name: "down", user: { token: "none" } }],
    contexts: [{ name: "down", context: { cluster: "down", user: "down" } }],
  };
  fs.writeFileSync(path.join(folder, "kubeconfig"), stringify(kubeconfig));
  return {
    ...environment(false),
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_ACCESS_TOKEN: "",
    PULUMI_CREDENTIALS_PATH: folder,
    KUBECONFIG: path.join(folder, "kubeconfig"),
    DOCKER_HOST: `unix://${folder}/no-docker.sock`,
    BUILDX_CONFIG: folder,
    BUILDX_BUILDER: "",
  };
}
