/** A real npm registry on this machine, which hands on what it does not have. */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { get } from "../../shared/predict";
import { run, waitFor } from "../../shared/run";
import { freePort } from "../end-to-end/freePort";
import { TIMEOUT_MS } from "../timeouts";

const VERSION = "6.10.4";
/** Some 60 MiB, which only these tests take: no dependency of the project, and installed once on a machine. */
const HOME = path.join(os.homedir(), ".cache", "model-deployment", `verdaccio-${VERSION}`);

/** What Verdaccio takes, where this machine's is older. */
const NODE = { package: `node-${process.platform}-${process.arch}`, version: "24.21.0" };
const isOldNode = Number(process.versions.node.split(".")[0]) < 22;

/** The command that starts it. */
async function installVerdaccio(): Promise<[string, string]> {
  const bin = path.join(HOME, "node_modules", "verdaccio", "bin", "verdaccio");
  const ownNode = path.join(HOME, "node_modules", NODE.package, "bin", "node");
  if (!fs.existsSync(bin) || (isOldNode && !fs.existsSync(ownNode))) {
    fs.mkdirSync(HOME, { recursive: true });
    // One of its plugins asks for a tag of node-fetch instead of a version, which not every registry knows.
    const manifest = { private: true, overrides: { "node-fetch": "2.7.0" } };
    fs.writeFileSync(path.join(HOME, "package.json"), JSON.stringify(manifest));
    const options = ["--no-progress", "--loglevel=error", "--ignore-scripts"];
    const node = isOldNode ? [`${NODE.package}@${NODE.version}`] : [];
    await run("npm", ["install", ...options, `verdaccio@${VERSION}`, ...node], { cwd: HOME });
  }
  return [isOldNode ? ownNode : process.execPath, bin];
}

export class NpmRegistry {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(root: string): Promise<NpmRegistry> {
    const [node, bin] = await installVerdaccio();
    const upstream = (await run("npm", ["config", "get", "registry"])).trim();
    const everyone = { access: "$all", publish: "$all" };
    const config = {
      storage: path.join(root, "storage"),
      uplinks: { upstream: { url: upstream, timeout: "120s" } },
      packages: { "model-deployment": everyone, "**": { access: "$all", proxy: "upstream" } },
      log: { type: "stdout", level: "warn" },
      max_body_size: "50mb",
    };
    const file = path.join(root, "config.yaml");
    fs.writeFileSync(file, stringify(config));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const log = fs.openSync(path.join(root, "registry.log"), "w");
    const args = [bin, "--config", file, "--listen", `127.0.0.1:${port}`];
    const child = spawn(node, args, { stdio: ["ignore", log, log] });
    const registry = new NpmRegistry(child, url);
    const answers = async () => (await get(`${url}-/ping`).catch(() => undefined))?.status === 200;
    const isOver = async () => child.exitCode !== null || (await answers());
    if (!(await waitFor(isOver, TIMEOUT_MS)) || child.exitCode !== null) {
      registry.stop();
      throw new Error(fs.readFileSync(path.join(root, "registry.log"), "utf8"));
    }
    return registry;
  }

  /** Has npm use it in a folder. */
  configure(folder: string): void {
    // npm publishes with some token only, also where anybody may.
    const login = `${this.url.replace(/^http:/, "")}:_authToken=anybody`;
    fs.appendFileSync(path.join(folder, ".npmrc"), `\nregistry=${this.url}\n${login}\n`);
  }

  stop(): void {
    this.child.kill();
  }
}
