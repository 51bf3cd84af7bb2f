/** The cluster of the Kubernetes provider that a program uses without naming one. */
import * as pulumi from "@pulumi/pulumi";
import type * as clientModule from "./client";
import type { ClusterClient } from "./client";
import type * as kubeconfigModule from "./kubeconfig";

/**
 * Makes a client for it.
 *
 * @throws NoAccess where there is no cluster to ask
 */
export function connect(): ClusterClient {
  // Loaded only when needed: most programs that import a component never ask a cluster.
  const { ClusterClient: Client } = require("./client") as typeof clientModule;
  const { findAccess } = require("./kubeconfig") as typeof kubeconfigModule;
  // Not by Config.get, which warns of a secret that is read: a kubeconfig may be one.
  const config = pulumi.runtime.allConfig();
  const [kubeconfig, context, cluster] = ["kubeconfig", "context", "cluster"].map(
    (key) => config[`kubernetes:${key}`],
  );
  return new Client(findAccess({ kubeconfig, context, cluster }));
}

/** Whether a real engine runs the program: under mocks there is nothing to ask and no one to tell. */
export function hasEngine(): boolean {
  return pulumi.runtime.getEngine() !== undefined;
}
