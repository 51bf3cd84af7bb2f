/** A host of git repositories, by a name that only programs with its environment know. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import * as path from "node:path";
import { createGunzip } from "node:zlib";
import { run } from "../../shared/run";
import { selfSigned } from "../selfSigned";

/** The service of git that reads; this host takes no pushes. */
const SERVICE = "git-upload-pack";

export class GitHost {
  private constructor(
    readonly name: string,
    private readonly folder: string,
    private readonly server: https.Server,
    private readonly proxy: http.Server,
  ) {}

  /** It is reached as it is from a company: through a proxy, and with a certificate of an authority of one's own. */
  static async start(name: string, folder: string): Promise<GitHost> {
    const server = https.createServer(selfSigned(folder, name), (request, response) =>
      serve(folder, request, response),
    );
    await listen(server);
    const proxy = http.createServer().on("connect", ({ url = "" }, client: net.Socket) => {
      const [host = "", port] = url.split(":");
      const target = host === name ? { port: portOf(server) } : { host, port: Number(port) };
      const upstream = net.connect(target, () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        one.on("error", () => other.destroy()).on("close", () => other.destroy());
      }
    });
    await listen(proxy);
    return new GitHost(name, folder, server, proxy);
  }

  /** What a program needs to reach it. */
  get env(): Record<string, string> {
    return {
      HTTPS_PROXY: `http://127.0.0.1:${portOf(this.proxy)}`,
      SSL_CERT_FILE: path.join(this.folder, "certificate.pem"),
    };
  }

  /** Commits all files of a folder that its `.gitignore` does not name, as a repository with one tag; its URL. */
  async publish(files: string, repository: string, tag: string): Promise<string> {
    const gitDir = path.join(this.folder, `${repository}.git`);
    fs.mkdirSync(path.dirname(gitDir), { recursive: true });
    const git = (...args: string[]) =>
      run("git", [`--git-dir=${gitDir}`, `--work-tree=${files}`, ...args], { cwd: files });
    await run("git", ["init", "--quiet", "--bare", gitDir]);
    await git("add", "--all");
    const author = ["-c", "user.name=Acme", "-c", "user.email=models@acme.example"];
    await git(...author, "commit", "--quiet", "--message=Release");
    await git("tag", tag);
    return `https://${this.name}/${repository}.git`;
  }

  stop(): void {
    this.server.close();
    this.proxy.close();
    this.server.closeAllConnections();
  }
}

/** Git's protocol over HTTP: what there is, and then what the client lacks of it. */
function serve(folder: string, request: http.IncomingMessage, response: http.ServerResponse) {
  const { pathname, searchParams } = new URL(request.url ?? "/", "https://localhost");
  const [, repository = "", question = ""] =
    /^\/([\w-]+\/[\w-]+)(?:\.git)?\/(info\/refs|git-upload-pack)$/.exec(pathname) ?? [];
  const gitDir = path.join(folder, `${repository}.git`);
  const asksForRefs = question === "info/refs";
  const isKnown = repository !== "" && fs.existsSync(gitDir);
  if (!isKnown || (asksForRefs && searchParams.get("service") !== SERVICE)) {
    response.writeHead(404).end();
    return;
  }
  const mode = asksForRefs ? ["--http-backend-info-refs"] : [];
  const child = spawn("git", ["upload-pack", "--stateless-rpc", ...mode, gitDir]);
  response.setHeader(
    "content-type",
    `application/x-${SERVICE}-${asksForRefs ? "advertisement" : "result"}`,
  );
  if (asksForRefs) {
    const line = `# service=${SERVICE}\n`;
    response.write(`${(line.length + 4).toString(16).padStart(4, "0")}${line}0000`);
  }
  const isPacked = request.headers["content-encoding"] === "gzip";
  (isPacked ? request.pipe(createGunzip()) : request).pipe(child.stdin);
  child.stdout.pipe(response);
}

async function listen(server: net.Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}
