/** An S3 server and a registry of artifacts, where pods of the local platform reach them. */
import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { NODE_IP } from "../../local/settings";
import { waitFor } from "../../shared/run";
import { TIMEOUT_MS } from "../timeouts";
import { freePort } from "./freePort";

export const S3_KEYS = {
  AWS_ACCESS_KEY_ID: "end-to-end",
  AWS_SECRET_ACCESS_KEY: "a-secret-of-the-tests",
};

async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, NODE_IP, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** A server in a process of its own, with its data in a folder. */
class Server {
  private constructor(
    public readonly host: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(command: (port: number) => string[], log: string): Promise<Server> {
    const port = await freePort(NODE_IP);
    const [program = "", ...args] = command(port);
    const output = fs.openSync(log, "w");
    const env = { ...process.env, ...environment(true), OTEL_TRACES_EXPORTER: "none" };
    const child = spawn(program, args, { env, stdio: ["ignore", output, output] });
    fs.closeSync(output);
    const ended = once(child, "exit").then(() => {
      throw new Error(`${program} has ended: ${fs.readFileSync(log, "utf8")}`);
    });
    // An end that was asked for is nobody's concern.
    ended.catch(() => undefined);
    const listens = waitFor(() => isListening(port), TIMEOUT_MS, 50);
    assert.ok(await Promise.race([ended, listens]), `${program} does not listen`);
    return new Server(`${NODE_IP}:${port}`, child);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) {
      return;
    }
    const ended = once(this.process, "exit");
    this.process.kill();
    await ended;
  }
}

/** Serves the folders in `buckets` as buckets, to who has the keys. */
export function startS3(buckets: string, folder: string): Promise<Server> {
  const attributes = path.join(folder, "attributes");
  fs.mkdirSync(attributes);
  return Server.start(
    (port) => [
      "versitygw",
      "--quiet",
      ...["--access", S3_KEYS.AWS_ACCESS_KEY_ID, "--secret", S3_KEYS.AWS_SECRET_ACCESS_KEY],
      ...["--port", `${NODE_IP}:${port}`, "posix", "--sidecar", attributes, buckets],
    ],
    path.join(folder, "s3.log"),
  );
}

/**
 * A registry like the one for images, without TLS.
 *
 * @param accounts lines of an htpasswd file, if not everybody may do everything
 */
export function startRegistry(folder: string, accounts?: string): Promise<Server> {
  return Server.start(
    (port) => {
      const config = path.join(folder, "registry.yaml");
      const storage = { filesystem: { rootdirectory: path.join(folder, "registry") } };
      const passwords = path.join(folder, "htpasswd");
      if (accounts !== undefined) {
        fs.writeFileSync(passwords, accounts);
      }
      const settings = {
        version: 0.1,
        storage,
        // One that wants a login is asked as this machine's own: elsewhere it would need TLS.
        http: { addr: accounts === undefined ? `${NODE_IP}:${port}` : `:${port}` },
        ...(accounts && { auth: { htpasswd: { realm: "registry", path: passwords } } }),
      };
      // JSON is YAML.
      fs.writeFileSync(config, JSON.stringify(settings));
      return ["docker-registry", "serve", config];
    },
    path.join(folder, "registry.log"),
  );
}

async function put(url: string, body: BodyInit, contentType: string): Promise<void> {
  const headers = { "content-type": contentType };
  const answer = await fetch(url, { method: "PUT", headers, body });
  assert.equal(answer.status, 201, await answer.text());
}

/** Pushes files as one artifact, in the form that ORAS gives it. */
export async function pushArtifact(host: string, name: string, tag: string, files: string[]) {
  const base = `http://${host}/v2/${name}`;
  const push = async (content: Buffer<ArrayBuffer>, mediaType: string, title?: string) => {
    const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
    const upload = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
    const location = new URL(upload.headers.get("location") ?? "", base);
    location.searchParams.set("digest", digest);
    await put(location.href, content, "application/octet-stream");
    const annotations = title && { "org.opencontainers.image.title": title };
    return { mediaType, digest, size: content.length, ...(annotations && { annotations }) };
  };
  const config = await push(Buffer.from("{}"), "application/vnd.oci.empty.v1+json");
  const layers: unknown[] = [];
  for (const file of files) {
    const content = fs.readFileSync(file);
    layers.push(await push(content, "application/vnd.oci.image.layer.v1.tar", path.basename(file)));
  }
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = { schemaVersion: 2, mediaType, config, layers };
  await put(`${base}/manifests/${tag}`, JSON.stringify(manifest), mediaType);
}

export type { Server };
