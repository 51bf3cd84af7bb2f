/** How what runs differs from what a stack has deployed. */
import { ApiError, ClusterClient } from "../components/cluster/client";
import { findAccess } from "../components/cluster/kubeconfig";
import { checkRecorded, findingOfUnanswered } from "../components/preflight/cluster";
import { ClusterQueries } from "../components/preflight/clusterQueries";
import type { Finding } from "../components/preflight/finding";
import { findingOfMissing } from "../components/preflight/permissions";
import { isHeld, type ReleaseName, type Revision } from "../components/preflight/releases";
import { mapBounded } from "../shared/mapBounded";
import { valueAt } from "../shared/mappings";
import { redactSecrets } from "../shared/redactSecrets";
import { compareObjects, type FieldDrift, type KubernetesObject, mergePatchOf } from "./compare";
import { hasScaler, readManifest } from "./helmStore";
import { type Kind, LiveCluster, NotAllowed } from "./liveCluster";
import { type ShownField, shownField } from "./shownValues";
import type { Deployed } from "./stackState";

export interface ObjectDrift {
  /** `Deployment wine` */
  object: string;
  change: "changed" | "gone" | "extra";
  fields: ShownField[];
  /** What brings it back where Helm cannot. */
  remedy?: string;
}

/** What differs of one release, or of what Pulumi keeps itself. */
export interface OwnerDrift {
  /** Undefined: Pulumi itself. */
  release?: ReleaseName;
  /** The revision that was compared. */
  revision?: number;
  namespace: string;
  objects: ObjectDrift[];
}

export interface Drift {
  /** Whether the cluster could be asked at all. */
  isAnswered: boolean;
  releases: number;
  /** How many objects were compared. */
  objects: number;
  /** Releases that are gone, uninstalled, or at another revision. */
  findings: Finding[];
  owners: OwnerDrift[];
  /** What could not be compared, and why. */
  uncompared: Finding[];
}

export interface DriftOptions {
  /** Whether releases as a whole are looked at, as every preview does by itself. */
  withReleases: boolean;
  /** Milliseconds the cluster has for each answer. */
  timeoutMs: number;
  /** Moment after which nothing more is begun. */
  until?: number;
  onProgress?: (compared: number, releases: number) => void;
}

export const SERVICE_PORTS = /^spec\.ports\b/;

/** Releases that are compared at the same time: each asks for one thing after the other. */
const AT_ONCE = 8;

export async function findDrift(deployed: Deployed, options: DriftOptions): Promise<Drift> {
  const none = {
    releases: deployed.recorded.releases.length,
    objects: 0,
    findings: [],
    owners: [],
  };
  let client: ClusterClient | undefined;
  try {
    client = new ClusterClient(findAccess(deployed.access));
    await client.request("/version", { timeoutMs: options.timeoutMs });
  } catch (error) {
    const unanswered = findingOfUnanswered(error, client, "Not compared: all of it");
    return { ...none, isAnswered: false, uncompared: [unanswered] };
  }
  const { server, context } = client.access;
  const [findings, compared] = await Promise.all([
    options.withReleases
      ? checkRecorded(
          new ClusterQueries(client, options.timeoutMs),
          deployed.recorded,
          `${redactSecrets(server)} (context ${context})`,
        )
      : [],
    new Comparing(new LiveCluster(client, options.timeoutMs), deployed, options).all(),
  ]);
  return { ...none, ...compared, findings, isAnswered: true };
}

/** A release, and what Helm stored of it. */
interface StoredRelease {
  release: ReleaseName;
  revision: number;
  objects: KubernetesObject[];
}

class Comparing {
  private objects = 0;
  private readonly uncompared: Finding[] = [];
  /** Rights that are missing: by namespace, what may not be done with what, and what is not compared for it. */
  private readonly missing = new Map<string, Map<string, string[]>>();

  constructor(
    private readonly cluster: LiveCluster,
    private readonly deployed: Deployed,
    private readonly options: DriftOptions,
  ) {}

  async all(): Promise<Pick<Drift, "objects" | "owners" | "uncompared">> {
    const { recorded, objects } = this.deployed;
    const latest = await this.latestRevisions();
    let done = 0;
    let late = 0;
    const ofReleases = await mapBounded(recorded.releases, AT_ONCE, async (release) => {
      if (this.options.until !== undefined && Date.now() > this.options.until) {
        late += 1;
        return undefined;
      }
      const revision = latest.get(keyOf(release));
      const stored = revision && (await this.storedOf(release, revision));
      const drift = stored && (await this.driftOfRelease(stored));
      done += 1;
      this.options.onProgress?.(done, recorded.releases.length);
      return stored && drift && { stored, drift };
    });
    const compared = ofReleases.filter((one) => one !== undefined);
    const extras = await this.extras(compared.map(({ stored }) => stored));
    const own = await mapBounded(objects, AT_ONCE, async (object) => {
      const namespace = object.metadata.namespace ?? "";
      const found = await this.driftOfObject(object, namespace, {
        isScaled: false,
        hasSecrets: false,
      });
      return {
        namespace, // What is gone is told with the releases that are.
        objects: found === undefined || found.change === "gone" ? [] : [found],
      };
    });
    const withExtras = compared.map(({ stored, drift }) => ({
      ...drift,
      objects: [...drift.objects, ...(extras.get(keyOf(stored.release)) ?? [])],
    }));
    if (late > 0) {
      this.uncompared.push({
        message: `${late} ${late === 1 ? "release" : "releases"}: the time was over`,
      });
    }
    return {
      objects: this.objects,
      owners: [...withExtras, ...own].filter((owner) => owner.objects.length > 0),
      uncompared: [...this.missingRights(), ...this.uncompared],
    };
  }

  /** The revision of each release that counts: the last one that was deployed. */
  private async latestRevisions(): Promise<Map<string, Revision>> {
    const { releases } = this.deployed.recorded;
    const namespaces = [...new Set(releases.map(({ namespace }) => namespace))];
    const latest = new Map<string, Revision>();
    await mapBounded(namespaces, AT_ONCE, async (namespace) => {
      const own = releases.filter((release) => release.namespace === namespace);
      const what = own.map(({ name }) => `release ${name}`);
      const revisions = await this.asked(namespace, what, () => this.cluster.revisions(namespace));
      for (const release of revisions === undefined ? [] : own) {
        const ordered = (revisions ?? [])
          .filter((revision) => revision.release === release.name)
          .sort((a, b) => a.number - b.number);
        const last = ordered.at(-1);
        if (last !== undefined && isHeld(last)) {
          this.uncompared.push({
            message: `release ${release.name} in ${namespace}: it is ${last.status}, so an update is at work or was interrupted`,
          });
          continue;
        }
        const serving = ordered.filter(({ status }) => status === "deployed").at(-1);
        if (serving !== undefined) {
          latest.set(keyOf(release), serving);
        } else if (last !== undefined && last.status !== "uninstalled") {
          this.uncompared.push({
            message: `release ${release.name} in ${namespace}: it is ${last.status}, and no revision of it is deployed`,
          });
        }
      }
    });
    return latest;
  }

  private async storedOf(
    release: ReleaseName,
    { number }: Revision,
  ): Promise<StoredRelease | undefined> {
    const { name, namespace } = release;
    const what = `release ${name}`;
    const content = await this.asked(namespace, [what], async () => ({
      found: await this.cluster.content(release, number),
    }));
    if (content === undefined) {
      return undefined;
    }
    if (content.found === undefined) {
      const message = `${what} in ${namespace}: what Helm stored of revision ${number} cannot be read`;
      this.uncompared.push({ message });
      return undefined;
    }
    return {
      release: { name, namespace },
      revision: number,
      objects: readManifest(content.found.manifest, release),
    };
  }

  private async driftOfRelease({ release, revision, objects }: StoredRelease): Promise<OwnerDrift> {
    const hasSecrets = this.deployed.withSecrets.has(keyOf(release));
    const found: ObjectDrift[] = [];
    for (const object of objects) {
      const isScaled = hasScaler(object, objects);
      const drift = await this.driftOfObject(object, release.namespace, { isScaled, hasSecrets });
      found.push(...(drift === undefined ? [] : [drift]));
    }
    return { release, revision, namespace: release.namespace, objects: found };
  }

  private async driftOfObject(
    stored: KubernetesObject,
    owner: string,
    { isScaled, hasSecrets }: { isScaled: boolean; hasSecrets: boolean },
  ): Promise<ObjectDrift | undefined> {
    const object = `${stored.kind} ${stored.metadata.name}`;
    const namespace = stored.metadata.namespace ?? owner;
    return await this.asked(namespace, [object], async () => {
      const kind = await this.cluster.kindOf(stored);
      const live = await this.cluster.live(kind, stored.metadata.name ?? "", namespace);
      if (live === undefined) {
        this.objects += 1;
        return { object, change: "gone" as const, fields: [] };
      }
      const comparison = { stored, live, isScaled };
      const fields = await this.fieldsOf(kind, namespace, comparison);
      this.objects += 1;
      return fields.length === 0
        ? undefined
        : {
            object,
            change: "changed" as const,
            fields: fields.map((field) => shownField(field, stored.kind, hasSecrets)),
            ...(isMovedPort(stored, fields) && { remedy: portsPatch(stored, namespace) }),
          };
    });
  }

  private async fieldsOf(
    kind: Kind,
    namespace: string,
    comparison: Parameters<typeof mergePatchOf>[0],
  ) {
    const { stored, live } = comparison;
    try {
      const patch = mergePatchOf(comparison);
      const patched = await this.cluster.patched(
        kind,
        stored.metadata.name ?? "",
        namespace,
        patch,
      );
      return compareObjects(comparison, patched);
    } catch (error) {
      const immutable = error instanceof ApiError ? immutableFieldsIn(error.message) : [];
      const differing = immutable
        .map((field) => ({
          field,
          stored: valueAt(stored, field.split(".")),
          live: valueAt(live, field.split(".")),
        }))
        .filter((one) => JSON.stringify(one.stored) !== JSON.stringify(one.live));
      if (differing.length === 0) {
        throw error;
      }
      return differing;
    }
  }

  /** What carries the marks of a release, and is no part of what Helm stored for it. */
  private async extras(stored: readonly StoredRelease[]): Promise<Map<string, ObjectDrift[]>> {
    const extras = new Map<string, ObjectDrift[]>();
    const wanted = new Map<string, { kind: KubernetesObject; namespace: string }>();
    for (const { release, objects } of stored) {
      for (const object of objects) {
        wanted.set(`${release.namespace} ${object.apiVersion} ${object.kind}`, {
          kind: object,
          namespace: release.namespace,
        });
      }
    }
    await mapBounded([...wanted.values()], AT_ONCE, async ({ kind: sample, namespace }) => {
      for (const { metadata = {} } of await this.markedByHelm(sample, namespace)) {
        const { annotations = {}, ownerReferences = [] } = metadata;
        const owner = stored.find(
          ({ release }) =>
            release.namespace === namespace &&
            annotations["meta.helm.sh/release-name"] === release.name &&
            annotations["meta.helm.sh/release-namespace"] === namespace,
        );
        const isKnown = owner?.objects.some(
          (one) => one.kind === sample.kind && one.metadata.name === metadata.name,
        );
        // What Helm was told to keep, runs as a hook, or another object made, is meant to be there.
        const isMeant =
          annotations["helm.sh/resource-policy"] === "keep" ||
          "helm.sh/hook" in annotations ||
          ownerReferences.length > 0;
        if (owner !== undefined && isKnown === false && !isMeant) {
          const object = `${sample.kind} ${metadata.name}`;
          const key = keyOf(owner.release);
          extras.set(key, [...(extras.get(key) ?? []), { object, change: "extra", fields: [] }]);
        }
      }
    });
    return extras;
  }

  /** Who deploys need not be allowed to list; then this is not known, and nobody's loss. */
  private async markedByHelm(sample: KubernetesObject, namespace: string) {
    try {
      const kind = await this.cluster.kindOf(sample);
      return kind.isNamespaced ? await this.cluster.ofHelm(kind, namespace) : [];
    } catch {
      return [];
    }
  }

  /** Notes why there is no answer, and goes on. */
  private async asked<T>(
    namespace: string,
    what: readonly string[],
    ask: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof NotAllowed) {
        const { verb, kind } = error;
        const name = kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`;
        const ofNamespace = this.missing.get(error.namespace) ?? new Map<string, string[]>();
        const right = `${verb} ${name}`;
        ofNamespace.set(right, [...(ofNamespace.get(right) ?? []), ...what]);
        this.missing.set(error.namespace, ofNamespace);
        return undefined;
      }
      const reason = redactSecrets(error instanceof Error ? error.message : String(error));
      const place = namespace === "" ? "" : ` in ${namespace}`;
      this.uncompared.push({ message: `${what.join(", ")}${place}: ${reason}` });
      return undefined;
    }
  }

  private missingRights(): Finding[] {
    return [...this.missing].map(([namespace, rights]) => {
      const what = [...new Set([...rights.values()].flat())];
      const finding = findingOfMissing(namespace, [...rights.keys()]);
      return { message: `${some(what)}: ${finding.message}` };
    });
  }
}

/**
 * A port of a Service with another number is another port to Helm's patches as well: it would have two of one
 * name, which the server refuses, in a rollback as in every further upgrade.
 */
function isMovedPort({ kind }: KubernetesObject, fields: readonly FieldDrift[]): boolean {
  return kind === "Service" && fields.some(({ field }) => SERVICE_PORTS.test(field));
}

function portsPatch({ metadata, spec }: KubernetesObject, namespace: string): string {
  const patch = JSON.stringify({ spec: { ports: valueAt(spec, ["ports"]) } });
  return `kubectl patch service ${metadata.name} --namespace ${namespace} --type merge --patch '${patch}'`;
}

/** Of `… is invalid: spec.selector: Invalid value: …: field is immutable` the fields. */
export function immutableFieldsIn(message: string): string[] {
  return /immutable|forbidden/i.test(message)
    ? [
        ...message.matchAll(/(?:is invalid: \[?|, )([a-z][\w.]*): (?:Invalid value|Forbidden)/g),
      ].map(([, field = ""]) => field)
    : [];
}

function keyOf({ namespace, name }: ReleaseName): string {
  return `${namespace}/${name}`;
}

function some(names: readonly string[]): string {
  return names.length <= 5
    ? names.join(", ")
    : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
}
