/**
 * Watches the pods of one release while Helm waits for them. Helm only says that the time is up, and
 * a release that is rolled back takes the pods along that could say why.
 */
import { redactSecrets } from "../../shared/redactSecrets";
import { ApiError, type ClusterClient } from "./client";
import type { Event, List, Pod, ReplicaSet } from "./objects";
import {
  latestProblem,
  type PodProblem,
  problemsOfPod,
  problemsOfReplicaSet,
  stillNotReady,
} from "./podProblems";

export interface WatchedRelease {
  name: string;
  namespace: string;
  /** Seconds that Helm waits. */
  timeout: number;
  /** Whether Helm rolls back afterwards. */
  atomic: boolean;
}

/** Where what is found goes. */
export interface Reporter {
  problem(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/** Milliseconds a problem that may pass by itself must last, or the old pods' before a new one comes. */
const GRACE_MS = 15_000;

/** Whether this update has said how the wait ends. */
let hinted = false;

export class ReleaseWatch {
  private readonly began = Date.now();
  private readonly reported = new Set<string>();
  private readonly since = new Map<string, number>();
  /** The ReplicaSets before Helm began: what is wrong with them is not of its doing. */
  private before: Set<string> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly release: WatchedRelease,
    private readonly client: Pick<ClusterClient, "request">,
    private readonly reporter: Reporter,
    /** Milliseconds from one look to the next. */
    private readonly interval = 2_000,
  ) {}

  /** Looks until stopped, or until Helm must have ended. Never rejects. */
  start(): void {
    void this.lookAgain();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async lookAgain(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      if (error instanceof ApiError && error.status === 403) {
        this.stop();
        this.reporter.info(
          `what is wrong with a pod cannot be told, since this account may not list pods or ` +
            `replicasets (events are of use, too) in the namespace ${this.release.namespace}`,
        );
      } else {
        this.reporter.debug(
          `the pods of ${this.release.name} could not be looked at: ${redactSecrets(String(error))}`,
        );
      }
    }
    if (!this.stopped && this.elapsed() < this.timeout() + GRACE_MS) {
      this.timer = setTimeout(() => void this.lookAgain(), this.interval);
      // The program ends when its work is done, whatever this still waits for.
      this.timer.unref();
    }
  }

  private async look(): Promise<void> {
    const { namespace, name } = this.release;
    const selector = `?labelSelector=${encodeURIComponent(`app.kubernetes.io/instance=${name}`)}`;
    const [sets, pods] = await Promise.all([
      this.client.request<List<ReplicaSet>>(
        `/apis/apps/v1/namespaces/${namespace}/replicasets${selector}`,
      ),
      this.client.request<List<Pod>>(`/api/v1/namespaces/${namespace}/pods${selector}`),
    ]);
    const newest = newestOf(sets.items ?? []);
    this.before ??= new Set(newest.map(uidOf));
    const watched = newest.filter(
      (set) => !this.before?.has(uidOf(set)) || this.elapsed() > this.timeoutMs(),
    );
    for (const set of watched) {
      const own = (pods.items ?? []).filter((pod) =>
        pod.metadata?.ownerReferences?.some(({ uid }) => uid === uidOf(set)),
      );
      for (const problem of problemsOfReplicaSet(set)) {
        await this.report(set, problem);
      }
      for (const pod of own) {
        for (const problem of problemsOfPod(pod)) {
          await this.report(set, problem, pod);
        }
      }
      await this.reportUnready(set, own);
    }
  }

  private async report(set: ReplicaSet, problem: PodProblem, pod?: Pod): Promise<void> {
    const key = `${uidOf(set)} ${problem.key}`;
    const since = this.since.get(key) ?? Date.now();
    this.since.set(key, since);
    if (this.reported.has(key) || (problem.mayPass && Date.now() - since < this.timeoutMs())) {
      return;
    }
    this.reported.add(key);
    const event = problem.asksEvents && pod ? await this.eventOf(pod) : undefined;
    this.warn(problem.message + (event ? `: ${event}` : ""));
  }

  /** A pod that gives no reason is told with what its events say: first when stuck, at last anyway. */
  private async reportUnready(set: ReplicaSet, pods: readonly Pod[]): Promise<void> {
    const key = `${uidOf(set)} not ready`;
    const holding = pods.find((pod) => stillNotReady(pod) !== undefined);
    if (holding === undefined || this.reported.has(key) || this.hasReported(set)) {
      return;
    }
    const ending =
      this.elapsed() > this.timeout() - Math.max(2 * this.interval, this.timeout() / 10);
    const isLate = this.elapsed() > this.timeoutMs();
    const isStuck = holding.status?.phase === "Pending" && isLate;
    const answers = isLate && sendsGoldenRequests(holding);
    if (!ending && !isStuck && !answers) {
      return;
    }
    const event = await this.eventOf(holding);
    // A server that answers is up: what it answers wrongly does not get right by itself.
    const isWrong = event?.includes("golden request") === true;
    if (ending || (event !== undefined && (isStuck || isWrong))) {
      this.reported.add(key);
      this.warn(`${stillNotReady(holding)}${event ? `: ${event}` : ""}`);
    }
  }

  /** With the first problem of an update what can be done, since Helm itself goes on waiting. */
  private warn(problem: string): void {
    const { timeout, atomic } = this.release;
    const rollback = atomic ? " and then rolls back" : "";
    const hint = `Helm waits until ${timeout} seconds are over${rollback}; Ctrl-C ends the wait at once.`;
    this.reporter.problem(hinted ? problem : `${problem}\n${hint}`);
    hinted = true;
  }

  private hasReported(set: ReplicaSet): boolean {
    return [...this.reported].some((key) => key.startsWith(`${uidOf(set)} `));
  }

  /** Events are of use but not needed: an account that may not read them gets the rest. */
  private async eventOf(pod: Pod): Promise<string | undefined> {
    const selector = `involvedObject.uid=${pod.metadata?.uid}`;
    const path = `/api/v1/namespaces/${this.release.namespace}/events?fieldSelector=${encodeURIComponent(selector)}`;
    try {
      return latestProblem((await this.client.request<List<Event>>(path)).items ?? []);
    } catch (error) {
      this.reporter.debug(
        `the events of ${pod.metadata?.name} could not be read: ${redactSecrets(String(error))}`,
      );
      return undefined;
    }
  }

  private elapsed(): number {
    return Date.now() - this.began;
  }

  private timeout(): number {
    return this.release.timeout * 1000;
  }

  /** Of a short timeout not more than a third is waited for. */
  private timeoutMs(): number {
    return Math.min(GRACE_MS, this.timeout() / 3);
  }
}

/** Whether its startup probe does so, as that of a server that is not this package's may. */
function sendsGoldenRequests({ spec }: Pod): boolean {
  const server = spec?.containers?.find(({ name }) => name === "server");
  return server?.startupProbe?.exec?.command?.some((part) => part.includes("golden")) === true;
}

/** The ReplicaSet that each Deployment is rolling out. */
function newestOf(sets: readonly ReplicaSet[]): ReplicaSet[] {
  const newest = new Map<string, ReplicaSet>();
  for (const set of sets) {
    const owner = set.metadata?.ownerReferences?.find(({ controller }) => controller)?.uid ?? "";
    const known = newest.get(owner);
    if (known === undefined || revisionOf(set) > revisionOf(known)) {
      newest.set(owner, set);
    }
  }
  return [...newest.values()];
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata?.annotations?.["deployment.kubernetes.io/revision"] ?? 0);
}

function uidOf({ metadata }: ReplicaSet): string {
  return metadata?.uid ?? "";
}
