/** The account that `docker login` left on this machine, which builders push with. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

export interface Login {
  username: string;
  password: string;
  /** Takes the password's place. */
  identityToken?: string;
}

interface DockerConfig {
  auths?: Record<string, { auth?: string; identitytoken?: string }>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
}

const patience = 10_000;

/** Undefined if there is none. */
export async function dockerLogin(registry: string, env = process.env): Promise<Login | undefined> {
  const folder = env.DOCKER_CONFIG || path.join(os.homedir(), ".docker");
  const file = path.join(folder, "config.json");
  if (!fs.existsSync(file)) {
    return undefined;
  }
  const config = JSON.parse(fs.readFileSync(file, "utf8")) as DockerConfig;
  const names =
    registry === "docker.io"
      ? ["https://index.docker.io/v1/", "index.docker.io", "docker.io"]
      : [registry, `https://${registry}`, `http://${registry}`];
  for (const name of names) {
    const helper = config.credHelpers?.[name] ?? config.credsStore;
    const login = helper ? await askHelper(helper, name) : undefined;
    const entry = config.auths?.[name];
    const found = login ?? (entry && decoded(entry));
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function decoded({ auth, identitytoken }: { auth?: string; identitytoken?: string }) {
  if (!auth && !identitytoken) {
    return undefined;
  }
  const [username = "", ...rest] = Buffer.from(auth ?? "", "base64")
    .toString("utf8")
    .split(":");
  return { username, password: rest.join(":"), identityToken: identitytoken };
}

/** Asks a credential helper of Docker; one that knows nothing or is not there gives nothing. */
function askHelper(helper: string, registry: string): Promise<Login | undefined> {
  return new Promise((resolve) => {
    const child = execFile(
      `docker-credential-${helper}`,
      ["get"],
      { timeout: patience },
      (error, stdout) => {
        if (error) {
          resolve(undefined);
          return;
        }
        const { Username, Secret } = JSON.parse(stdout) as Record<string, string>;
        const isToken = Username === "<token>";
        resolve({
          username: Username ?? "",
          password: Secret ?? "",
          identityToken: isToken ? Secret : undefined,
        });
      },
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(registry);
  });
}
