/** Pods that try to reach others, and can be reached themselves. */
import { environment } from "../../local/environment";
import { BASE_IMAGE, CLUSTER_DOMAIN } from "../../local/settings";
import { run, tryRun } from "../../shared/run";
import { kubectl } from "../end-to-end/workingCopy";
import { TIMEOUT_MS } from "../timeouts";

/** The port on which a neighbour serves the files of its folder. */
const NEIGHBOUR_PORT = 8000;
const FOLDER = "/srv";

/** Seconds that an attempt gets. */
const ATTEMPT = 2;
const CONNECT = `
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), ${ATTEMPT}).close()
    print("reached")
except OSError as error:
    print(repr(error))
`;
const RESOLVE = `
import socket, sys
try:
    socket.getaddrinfo(sys.argv[1], None)
    print("resolved")
except OSError as error:
    print(repr(error))
`;

/** Where something listens. */
export interface Place {
  host: string;
  port: number;
}

/** Something that can be told to connect: a pod, or one of those that an object owns. */
export class Pod {
  constructor(
    readonly namespace: string,
    /** As kubectl names it, such as `deployment/wine`. */
    readonly name: string,
  ) {}

  private async python(script: string, ...args: string[]): Promise<string> {
    const command = ["python3", "-c", script, ...args];
    const pod = [`--namespace=${this.namespace}`, this.name];
    return (await kubectl("exec", ...pod, "--", ...command)).trim();
  }

  /** `reached`, or why not. */
  tries({ host, port }: Place): Promise<string> {
    return this.python(CONNECT, host, String(port));
  }

  /** `resolved`, or why not. */
  looksUp(host: string): Promise<string> {
    return this.python(RESOLVE, host);
  }
}

/** A pod that serves files by HTTP, behind a service of its name. */
export class Neighbour extends Pod {
  /** @param configMap whose entries are the files */
  static async start(
    namespace: string,
    { name = "neighbour", labels = {}, configMap }: NeighbourOptions = {},
  ): Promise<Neighbour> {
    const metadata = { name, namespace, labels: { ...labels, neighbour: name } };
    const command = [
      "python3",
      "-m",
      "http.server",
      String(NEIGHBOUR_PORT),
      `--directory=${FOLDER}`,
    ];
    const files = configMap === undefined ? { emptyDir: {} } : { configMap: { name: configMap } };
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name,
            image: BASE_IMAGE,
            command,
            volumeMounts: [{ name: "files", mountPath: FOLDER }],
            readinessProbe: { tcpSocket: { port: NEIGHBOUR_PORT }, periodSeconds: 1 },
          },
        ],
        volumes: [{ name: "files", ...files }],
      },
    };
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        selector: { neighbour: name },
        ports: [{ port: 80, targetPort: NEIGHBOUR_PORT }],
      },
    };
    const list = { apiVersion: "v1", kind: "List", items: [pod, service] };
    const env = environment(true);
    await run("kubectl", ["apply", "--filename=-"], { env, input: JSON.stringify(list) });
    const ready = [
      "--for=condition=Ready",
      `--timeout=${TIMEOUT_MS / 1000}s`,
      `--namespace=${namespace}`,
    ];
    await kubectl("wait", ...ready, `pod/${name}`);
    return new Neighbour(namespace, `pod/${name}`);
  }

  /** Its service. */
  get place(): Place {
    return { host: `${this.name.split("/")[1]}.${this.namespace}.svc.${CLUSTER_DOMAIN}`, port: 80 };
  }
}

export interface NeighbourOptions {
  name?: string;
  /** Labels of the pod, by which policies may choose it. */
  labels?: Record<string, string>;
  configMap?: string;
}

export const removeNamespace = (name: string): Promise<unknown> =>
  tryRun("kubectl", ["delete", "namespace", name], { env: environment(true) });
