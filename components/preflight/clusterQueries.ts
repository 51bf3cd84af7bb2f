import { ApiError, type ClusterClient } from "../cluster/client";
import type { List, WithMetadata } from "../cluster/objects";
import { type Content, contentOf } from "./drift";
import type { IsAllowed } from "./permissions";
import { type ReleaseName, type Revision, revisionOf } from "./releases";

/** What is asked of a cluster. What the account may not know is left open: it need not be in the way. */
export class ClusterQueries {
  constructor(
    private readonly client: ClusterClient,
    private readonly timeoutMs: number,
  ) {}

  /** Undefined: not known. */
  async hasNamespace(name: string): Promise<boolean | undefined> {
    try {
      await this.client.request(`/api/v1/namespaces/${name}`, { timeoutMs: this.timeoutMs });
      return true;
    } catch (error) {
      return error instanceof ApiError && error.status === 404 ? false : undefined;
    }
  }

  readonly isAllowed: IsAllowed = async (namespace, verb, group, resource) => {
    const resourceAttributes = { namespace, verb, group, resource };
    try {
      const review = await this.client.request<{ status?: { allowed?: boolean } }>(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {
          method: "POST",
          body: {
            apiVersion: "authorization.k8s.io/v1",
            kind: "SelfSubjectAccessReview",
            spec: { resourceAttributes },
          },
          timeoutMs: this.timeoutMs,
        },
      );
      return review.status?.allowed === true;
    } catch {
      // Only the broad question may be answered with no.
      return verb !== "*";
    }
  };

  /** What Helm stored of one revision. */
  async content({ namespace, name }: ReleaseName, revision: number): Promise<Content | undefined> {
    const path = `/api/v1/namespaces/${namespace}/secrets/sh.helm.release.v1.${name}.v${revision}`;
    try {
      const { data } = await this.client.request<{ data?: { release?: string } }>(path, {
        timeoutMs: this.timeoutMs,
      });
      return contentOf(data?.release ?? "");
    } catch {
      return undefined;
    }
  }

  /** Names of those that are there; undefined: not known. */
  async configMaps(namespace: string): Promise<string[] | undefined> {
    try {
      const { items } = await this.client.request<List<WithMetadata>>(
        `/api/v1/namespaces/${namespace}/configmaps`,
        { metadataOnly: true, timeoutMs: this.timeoutMs },
      );
      return (items ?? []).map(({ metadata }) => metadata?.name ?? "");
    } catch {
      return undefined;
    }
  }

  /** Those that can be asked for. */
  async revisions(namespace: string, names: readonly string[]): Promise<Revision[]> {
    return (await this.knownRevisions(namespace, names)) ?? [];
  }

  /** Of the releases of these names, without what Helm stored in them; undefined: not known. */
  async knownRevisions(
    namespace: string,
    names: readonly string[],
  ): Promise<Revision[] | undefined> {
    if (names.length === 0) {
      return [];
    }
    const selector = encodeURIComponent(`owner=helm,name in (${names.join(",")})`);
    const path = `/api/v1/namespaces/${namespace}/secrets?labelSelector=${selector}`;
    try {
      const options = { metadataOnly: true, timeoutMs: this.timeoutMs };
      const { items } = await this.client.request<List<WithMetadata>>(path, options);
      // An empty list comes as null.
      return (items ?? []).map(({ metadata = {} }) => revisionOf(metadata));
    } catch {
      return undefined;
    }
  }
}
