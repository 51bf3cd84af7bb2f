/** Every state that the cluster saw a release's pods in, from some moment on. */
import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { environment } from "../../local/environment";
import { waitFor } from "../../shared/run";
import type { PlainRelease } from "../end-to-end/plainRelease";
import { TIMEOUT_MS } from "../timeouts";

/** Annotation by which the test knows that the watch has come so far. */
const SEEN = "seen-by-watch";

const FIELDS = [
  "{.metadata.name}",
  '{.status.conditions[?(@.type=="Ready")].status}',
  "{.status.containerStatuses[*].restartCount}",
  `{.metadata.annotations.${SEEN}}`,
];

export interface State {
  pod: string;
  ready: string;
  restarts: string;
  seen: string;
}

export class PodWatch {
  private output = "";
  private readonly process: ChildProcess;
  private marks = 0;

  private constructor(private readonly release: PlainRelease) {
    const { namespace, name } = release;
    const args = [
      ...["get", "pods", "--watch", `--namespace=${namespace}`],
      `--selector=app.kubernetes.io/instance=${name}`,
      `--output=jsonpath=${FIELDS.join("|")}{"\\n"}`,
    ];
    this.process = spawn("kubectl", args, {
      env: { ...process.env, ...environment(true) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.output += chunk;
      });
    }
  }

  static async start(release: PlainRelease): Promise<PodWatch> {
    const watch = new PodWatch(release);
    await watch.catchUp();
    return watch;
  }

  /** Waits until it has seen whatever happened before now. */
  async catchUp(): Promise<void> {
    this.marks += 1;
    const mark = `${process.pid}-${this.marks}`;
    const pods = await this.release.pods();
    await this.release.kubectl("annotate", "--overwrite", ...pods, `${SEEN}=${mark}`);
    const hasSeen = async () => {
      const seen = new Set(
        this.states()
          .filter((state) => state.seen === mark)
          .map(({ pod }) => `pod/${pod}`),
      );
      return pods.every((pod) => seen.has(pod));
    };
    assert.ok(await waitFor(hasSeen, TIMEOUT_MS), this.output);
    assert.equal(this.process.exitCode, null, this.output);
  }

  /** In the order in which they came. */
  states(): State[] {
    // The last line may not be whole yet.
    return this.output
      .split("\n")
      .slice(0, -1)
      .map((line) => {
        const [pod = "", ready = "", restarts = "", seen = ""] = line.split("|");
        return { pod, ready, restarts, seen };
      });
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) {
      return;
    }
    const ended = once(this.process, "exit");
    this.process.kill();
    await ended;
  }
}
