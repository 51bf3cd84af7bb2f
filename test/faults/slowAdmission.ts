/** An admission webhook that takes its time: a cluster whose answers to what is created come late. */
import * as net from "node:net";
import { environment } from "../../local/environment";
import { run } from "../../local/run";
import { kubectl } from "../end-to-end/workingCopy";
import { NAMESPACE } from "./stack";

const NAME = "slow-admission.faults.test";

/** Holds the creation of objects of one kind back until it is ended; then they are let through. */
export class SlowAdmission {
  private readonly sockets = new Set<net.Socket>();

  private constructor(private readonly server: net.Server) {}

  /** @param resource of the core API, in the plural */
  static async start(resource: string): Promise<SlowAdmission> {
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
    return admission;
  }

  /** Whether something waits. */
  get holds(): boolean {
    return this.sockets.size > 0;
  }

  async stop(): Promise<void> {
    await kubectl("delete", "validatingwebhookconfiguration", NAME, "--ignore-not-found");
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
