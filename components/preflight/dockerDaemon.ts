/** Whether the Docker daemon answers that builds with `docker` need, without which not even a preview works. */
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { receiveAnswer } from "../cluster/client";
import type { Finding } from "./finding";

const TIMEOUT_MS = 5_000;

/** Only sockets of this machine are asked: another host may want certificates or SSH. */
export async function checkDockerDaemon(
  host = new pulumi.Config("docker").get("host") || process.env.DOCKER_HOST,
): Promise<Finding[]> {
  const sockets = socketsOf(host);
  let reason: unknown;
  for (const socketPath of sockets) {
    try {
      const { status } = await receiveAnswer(
        http.get({ socketPath, path: "/_ping" }),
        undefined,
        TIMEOUT_MS,
      );
      if (status === 200) {
        return [];
      }
      reason = `it says ${status}`;
    } catch (error) {
      reason ??= error instanceof Error ? error.message : error;
    }
  }
  const message =
    `the Docker daemon does not answer at ${sockets.join(", ")} (${reason}): start it, name the ` +
    "socket of another one in DOCKER_HOST, or set image.builder to docker-build";
  return sockets.length === 0 ? [] : [{ message }];
}

/** Where the provider looks. It knows nothing of `docker context`. */
function socketsOf(host: string | undefined): string[] {
  if (host) {
    return host.startsWith("unix://") ? [host.slice("unix://".length)] : [];
  }
  if (process.platform === "win32") {
    return [];
  }
  const own = path.join(os.homedir(), ".docker");
  return [
    "/var/run/docker.sock",
    path.join(own, "run", "docker.sock"),
    path.join(own, "desktop", "docker.sock"),
  ];
}
