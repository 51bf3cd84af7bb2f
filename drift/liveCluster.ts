/** Asks a cluster for objects as they are, and as they would be: nothing is changed. */
import { ApiError, type ClusterClient } from "../components/cluster/client";
import type { List, WithMetadata } from "../components/cluster/objects";
import { type Content, contentOf } from "../components/preflight/drift";
import { type ReleaseName, type Revision, revisionOf } from "../components/preflight/releases";
import type { KubernetesObject } from "./compare";

/** A kind of objects as its API knows it. */
export interface Kind {
  group: string;
  /** Of the API: `/apis/apps/v1`. */
  path: string;
  /** `deployments` */
  resource: string;
  isNamespaced: boolean;
}

/** The account may not ask. */
export class NotAllowed extends Error {
  constructor(
    readonly verb: string,
    readonly kind: Pick<Kind, "group" | "resource">,
    readonly namespace: string,
  ) {
    super(`this account may not ${verb} ${kind.resource}`);
  }
}

/** The server does not know such objects, any more or yet. */
export class UnknownKind extends Error {}

interface ApiResource {
  kind?: string;
  name?: string;
  namespaced?: boolean;
}

const secrets = { group: "", resource: "secrets" };
const FIELD_MANAGER = "model-deployment-drift";

export class LiveCluster {
  private readonly apis = new Map<string, Promise<ApiResource[]>>();

  constructor(
    private readonly client: ClusterClient,
    /** Milliseconds the cluster has for each answer. */
    private readonly timeoutMs: number,
  ) {}

  async kindOf({ apiVersion, kind }: KubernetesObject): Promise<Kind> {
    const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const known = this.apis.get(path) ?? this.resourcesAt(path);
    this.apis.set(path, known);
    const found = (await known).find((one) => one.kind === kind && !one.name?.includes("/"));
    if (found?.name === undefined) {
      throw new UnknownKind(`the API server does not know ${kind} of ${apiVersion}`);
    }
    return {
      group: apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "",
      path,
      resource: found.name,
      isNamespaced: found.namespaced === true,
    };
  }

  /** Undefined: there is none of this name. */
  async live(kind: Kind, name: string, namespace: string): Promise<KubernetesObject | undefined> {
    try {
      return await this.ask<KubernetesObject>(
        "get",
        kind,
        namespace,
        pathOf(kind, namespace, name),
      );
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        return undefined;
      }
      throw error;
    }
  }

  /** What a merge patch would make of it. */
  patched(kind: Kind, name: string, namespace: string, patch: object): Promise<KubernetesObject> {
    const options = `?dryRun=All&fieldManager=${FIELD_MANAGER}`;
    const path = pathOf(kind, namespace, name) + options;
    return this.ask("patch", kind, namespace, path, {
      method: "PATCH" as const,
      body: patch,
      contentType: "application/merge-patch+json",
    });
  }

  /** Those of a kind that carry Helm's mark, without what is in them. */
  async ofHelm(kind: Kind, namespace: string): Promise<WithMetadata[]> {
    const selector = encodeURIComponent("app.kubernetes.io/managed-by=Helm");
    const path = `${pathOf(kind, namespace)}?labelSelector=${selector}`;
    const list = await this.ask<List<WithMetadata>>("list", kind, namespace, path, {
      metadataOnly: true,
    });
    return list.items ?? [];
  }

  /** All that Helm has stored in a namespace, by name and number only. */
  async revisions(namespace: string): Promise<Revision[]> {
    const path = `/api/v1/namespaces/${namespace}/secrets?labelSelector=${encodeURIComponent("owner=helm")}`;
    const list = await this.ask<List<WithMetadata>>("list", secrets, namespace, path, {
      metadataOnly: true,
    });
    return (list.items ?? []).map(({ metadata = {} }) => revisionOf(metadata));
  }

  /** Undefined: it cannot be read as what Helm stores. */
  async content({ namespace, name }: ReleaseName, revision: number): Promise<Content | undefined> {
    const path = `/api/v1/namespaces/${namespace}/secrets/sh.helm.release.v1.${name}.v${revision}`;
    const secret = await this.ask<{ data?: { release?: string } }>("get", secrets, namespace, path);
    return contentOf(secret.data?.release ?? "");
  }

  private async resourcesAt(path: string): Promise<ApiResource[]> {
    try {
      const list = await this.client.request<{ resources?: ApiResource[] }>(path, {
        timeoutMs: this.timeoutMs,
      });
      return list.resources ?? [];
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        return [];
      }
      throw error;
    }
  }

  private async ask<T>(
    verb: string,
    kind: Pick<Kind, "group" | "resource">,
    namespace: string,
    path: string,
    options: Parameters<ClusterClient["request"]>[1] = {},
  ): Promise<T> {
    try {
      return await this.client.request<T>(path, { ...options, timeoutMs: this.timeoutMs });
    } catch (error) {
      // Admission answers with 403 as well, in other words.
      const isRight = error instanceof ApiError && / cannot \w+ resource /.test(error.message);
      throw isRight && error.status === 403 ? new NotAllowed(verb, kind, namespace) : error;
    }
  }
}

function pathOf({ path, resource, isNamespaced }: Kind, namespace: string, name?: string): string {
  const parts = [path, ...(isNamespaced ? [`namespaces/${namespace}`] : []), resource];
  return [...parts, ...(name === undefined ? [] : [name])].join("/");
}
