/** Whether the cluster answers, has the namespaces, gives the rights, and lets the releases be updated. */

import { redactSecrets } from "../../shared/redactSecrets";
import { defaults } from "../arguments/defaults";
import { connect } from "../cluster/access";
import { ApiError, type ClusterClient, ConnectionError } from "../cluster/client";
import type { ConfiguredModel, StackConfig } from "../config/resolve";
import { isCertificateProblem } from "../network/authorities";
import { UnsupportedError } from "../network/proxy";
import { ClusterQueries } from "./clusterQueries";
import { checkChanges, findingOfGone, findingOfUninstalled } from "./drift";
import type { Finding } from "./finding";
import { findOrphans } from "./orphans";
import { findMissingPermissions, permissionsOf } from "./permissions";
import { type Recorded, readRecorded } from "./recorded";
import { findingOfRelease, isUninstalled, type Revision } from "./releases";

/** @param timeoutMs milliseconds the cluster has for each answer */
export async function checkCluster(config: StackConfig, timeoutMs: number): Promise<Finding[]> {
  let client: ClusterClient | undefined;
  try {
    client = connect();
    await client.request("/version", { timeoutMs: timeoutMs });
  } catch (error) {
    return [findingOfUnanswered(error, client, UNCHECKED)];
  }
  const cluster = new ClusterQueries(client, timeoutMs);
  const namespaces = new Map<string, ConfiguredModel[]>();
  for (const model of config.models) {
    const namespace = String(model.args.namespace ?? defaults.namespace);
    namespaces.set(namespace, [...(namespaces.get(namespace) ?? []), model]);
  }
  const ofState = checkState(
    cluster,
    `${redactSecrets(client.access.server)} (context ${client.access.context})`,
  );
  const findings = await Promise.all(
    [...namespaces].map(([namespace, models]) =>
      checkNamespace(cluster, namespace, models, config.namespaces.includes(namespace)),
    ),
  );
  const held = findings.some(({ isHeld }) => isHeld);
  return [
    ...(held ? await findOrphans() : []),
    ...findings.flatMap(({ all }) => all),
    ...(await ofState),
  ];
}

/** What the stack's state names, and the cluster has otherwise or not at all. */
async function checkState(cluster: ClusterQueries, name: string): Promise<Finding[]> {
  const known = await readRecorded();
  return known === undefined ? [] : checkRecorded(cluster, known, name);
}

/** @param name the cluster's, for people */
export async function checkRecorded(
  cluster: ClusterQueries,
  known: Recorded,
  name: string,
): Promise<Finding[]> {
  const inNamespaces = [...known.releases, ...known.configMaps].map(({ namespace }) => namespace);
  const looks = [...new Set([...known.namespaces, ...inNamespaces])].map((namespace) =>
    inspectNamespace(cluster, namespace, known),
  );
  const found = await Promise.all(looks);
  const gone = findingOfGone(
    found.flatMap((one) => one.gone),
    name,
  );
  return [...(gone ? [gone] : []), ...found.flatMap(({ findings }) => findings)];
}

async function inspectNamespace(
  cluster: ClusterQueries,
  namespace: string,
  known: Recorded,
): Promise<{ gone: string[]; findings: Finding[] }> {
  const releases = known.releases.filter((one) => one.namespace === namespace);
  const maps = known.configMaps.filter((one) => one.namespace === namespace);
  const exists = await cluster.hasNamespace(namespace);
  const [revisions, existing]: [Revision[] | undefined, string[] | undefined] = await Promise.all([
    exists === false
      ? []
      : cluster.knownRevisions(
          namespace,
          releases.map(({ name }) => name),
        ),
    exists === false || maps.length === 0 ? [] : cluster.configMaps(namespace),
  ]);
  const gone =
    exists === false && known.namespaces.includes(namespace) ? [`namespace ${namespace}`] : [];
  const findings: Finding[] = [];
  // What cannot be asked is not known to be gone.
  for (const release of revisions === undefined ? [] : releases) {
    const own = revisions?.filter((revision) => revision.release === release.name) ?? [];
    if (own.length === 0) {
      gone.push(`release ${release.name} in ${namespace}`);
    } else if (isUninstalled(own)) {
      findings.push(findingOfUninstalled(release));
    } else {
      const read = ({ number }: Revision) => cluster.content(release, number);
      const changed = await checkChanges(release, { revisions: own, read });
      findings.push(...(changed ? [changed] : []));
    }
  }
  if (existing !== undefined) {
    const missing = maps.filter(({ name }) => !existing.includes(name));
    gone.push(...missing.map(({ name }) => `configmap ${name} in ${namespace}`));
  }
  return { gone, findings };
}

const UNCHECKED =
  "Not checked: namespaces, rights, the state of releases, and what the values name in the cluster";

/** @param unchecked what is not known therefore, in words */
export function findingOfUnanswered(
  error: unknown,
  client: ClusterClient | undefined,
  unchecked: string,
): Finding {
  const reason = redactSecrets(error instanceof Error ? error.message : String(error));
  if (error instanceof UnsupportedError) {
    const message = `the cluster is not asked: ${reason}. Kubectl and the provider may reach it all the same. ${unchecked}`;
    return { message, uncertain: true };
  }
  if (client === undefined) {
    return { message: `no cluster is known: ${reason}. Set KUBECONFIG or kubernetes:context` };
  }
  const { server, context, ca } = client.access;
  const cluster = `the cluster ${redactSecrets(server)} (context ${context})`;
  if (error instanceof ApiError) {
    return {
      message: `${cluster} refuses this login: ${reason}. Log in again, or use another context`,
    };
  }
  if (error instanceof ConnectionError && isCertificateProblem(error.code)) {
    const message = `the certificate of ${cluster} is not trusted: ${reason}. Name the authority that has signed it in the kubeconfig (certificate-authority-data). ${unchecked}`;
    // Where the kubeconfig leaves it to the machine, the provider may know an authority more.
    return ca === undefined ? { message, uncertain: true } : { message };
  }
  return {
    message: `${cluster} does not answer: ${reason}. Start it, connect to its network, or name another one with kubernetes:context. ${unchecked}`,
  };
}

async function checkNamespace(
  cluster: ClusterQueries,
  namespace: string,
  models: readonly ConfiguredModel[],
  isCreated: boolean,
): Promise<{ all: Finding[]; isHeld: boolean }> {
  const exists = await cluster.hasNamespace(namespace);
  if (exists === false && !isCreated) {
    const message = `there is no namespace ${namespace}: set createNamespace: true, or create it:`;
    const commands = [`kubectl create namespace ${namespace}`];
    return { all: [{ message, commands }], isHeld: false };
  }
  const permissions = models.flatMap(({ plan, args }) => permissionsOf(plan.source, args));
  const [missing, missingInCluster, revisions] = await Promise.all([
    findMissingPermissions(namespace, permissions, cluster.isAllowed),
    exists === false
      ? findMissingPermissions(
          "",
          [{ group: "", resource: "namespaces", verbs: ["create"] }],
          cluster.isAllowed,
        )
      : [],
    exists === false
      ? []
      : cluster.revisions(
          namespace,
          models.map(({ name }) => name),
        ),
  ]);
  const releases = models.flatMap(({ name }) => {
    const own = revisions.filter(({ release }) => release === name);
    return findingOfRelease({ namespace, name }, own) ?? [];
  });
  const all = [...missingInCluster, ...missing, ...releases];
  return { all, isHeld: releases.length > 0 };
}
