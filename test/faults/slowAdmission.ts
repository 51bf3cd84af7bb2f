/** An admission webhook that takes its time: a cluster whose answers to what is created come late. */
import * as assert from "node:assert/strict";
import * as net from "node:net";
import { environment } from "../../local/environment";
import { run, tryRun, waitFor } from "../../shared/run";
import { kubectl } from "../end-to-end/workingCopy";
import { TIMEOUT_MS } from "../timeouts";
import { NAMESPACE } from "./stack";

const NAME = `slow-admission.${NAMESPACE}.test`;

/** What may be held back, each with an object that could be made. */
const TRIALS = {
  configmaps: { kind: "ConfigMap" },
  pods: { kind: "Pod", spec: { containers: [{ name: "trial", image: "trial" }] } },
};

/** Holds the creation of objects of one kind back until it is ended; then they are let through. */
export class SlowAdmission {
  private readonly sockets = new Set<net.Socket>();

  private constructor(private readonly server: net.Server) {}

  /** @param resource of the core API, in the plural */
  static async start(resource: keyof typeof TRIALS): Promise<SlowAdmission> {
    const server = net.createServer();
    const admission = new SlowAdmission(server);
    server.on("connection", (socket) => {
      admission.sockets.add(socket);
      socket.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    const configuration = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: NAME },
      webhooks: [
        {
          name: NAME,
          clientConfig: { url: `https://127.0.0.1:${port}/` },
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": NAMESPACE } },
          rules: [
            { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: [resource] },
          ],
          failurePolicy: "Ignore",
          timeoutSeconds: 30,
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
        },
      ],
    };
    const input = JSON.stringify(configuration);
    await run("kubectl", ["apply", "--filename=-"], { env: environment(true), input });
    const isHeld = () => admission.holdsTrial(TRIALS[resource]);
    assert.ok(await waitFor(isHeld, TIMEOUT_MS), "the API server asks no webhook");
    return admission;
  }

  /** Whether the API server asks already, which it learns a moment after it is told to. */
  private async holdsTrial(trial: object): Promise<boolean> {
    const args = ["create", "--dry-run=server", `--namespace=${NAMESPACE}`, "--filename=-"];
    const input = JSON.stringify({ apiVersion: "v1", metadata: { name: "trial" }, ...trial });
    let hasEnded = false;
    const trying = tryRun("kubectl", args, { env: environment(true), input }).then(() => {
      hasEnded = true;
    });
    await waitFor(async () => this.holds || hasEnded, TIMEOUT_MS, 20);
    const isHeld = this.holds;
    this.letGo();
    await trying;
    return isHeld;
  }

  private letGo(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
    this.sockets.clear();
  }

  /** Whether something waits. */
  get holds(): boolean {
    return this.sockets.size > 0;
  }

  async stop(): Promise<void> {
    await kubectl("delete", "validatingwebhookconfiguration", NAME, "--ignore-not-found");
    this.letGo();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
