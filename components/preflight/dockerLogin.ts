/** The account that `docker login` left on this machine, which builders push with. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { mappingOf, ProgramError, runLoginProgram } from "../../shared/loginProgram";

export interface Login {
  username: string;
  password: string;
  /** Takes the password's place. */
  identityToken?: string;
}

/** What is known about a login: there is one, there is none, or why that cannot be told. */
export interface FoundLogin {
  login?: Login;
  /** Builders run into it, too. */
  problem?: string;
}

const TIMEOUT_MS = 10_000;

export async function dockerLogin(registry: string, env = process.env): Promise<FoundLogin> {
  const folder = env.DOCKER_CONFIG || path.join(os.homedir(), ".docker");
  const file = path.join(folder, "config.json");
  if (!fs.existsSync(file)) {
    return {};
  }
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    return { problem: `${file} cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
  const config = mappingOf(text);
  if (config === undefined) {
    return { problem: `${file} is no JSON mapping: repair it, or remove it and log in again` };
  }
  const helper = helperFor(registry, config);
  if (helper === undefined) {
    return inFile(registry, config, file);
  }
  try {
    for (const name of namesOf(registry)) {
      const login = await runHelper(helper, name, env);
      if (login !== undefined) {
        return { login };
      }
    }
  } catch (error) {
    if (!(error instanceof ProgramError)) {
      throw error;
    }
    const remedy = error.isMissing ? "install it and put it on PATH" : "repair it";
    const problem = `the credential helper ${error.program}, which ${file} names, ${error.how}: ${remedy}, or take it out of that file and log in again`;
    return { problem };
  }
  return inFile(registry, config, file);
}

/** The names under which a login may be kept, the one of `docker login` first. */
function namesOf(registry: string): string[] {
  return registry === "docker.io"
    ? ["https://index.docker.io/v1/", "index.docker.io", "docker.io"]
    : [registry, `https://${registry}`, `http://${registry}`];
}

function helperFor(registry: string, config: Record<string, unknown>): string | undefined {
  const helpers = mapping(config.credHelpers);
  const named = namesOf(registry).map((name) => helpers[name]);
  const helper = [...named, config.credsStore].find((one) => typeof one === "string" && one !== "");
  return helper as string | undefined;
}

function inFile(registry: string, config: Record<string, unknown>, file: string): FoundLogin {
  const entries = mapping(config.auths);
  const names = namesOf(registry);
  // As Docker does: what is written after the host of a key does not count.
  const similar = Object.keys(entries).filter((key) =>
    names.some((name) => hostOf(name) === hostOf(key)),
  );
  for (const name of [...names, ...similar]) {
    const { auth, identitytoken } = mapping(entries[name]);
    const identityToken = typeof identitytoken === "string" ? identitytoken : undefined;
    if (typeof auth === "string" && auth !== "") {
      const [username = "", ...rest] = Buffer.from(auth, "base64").toString("utf8").split(":");
      if (rest.length === 0 && identityToken === undefined) {
        return {
          problem: `${file} has a login for ${name} that is no user name and password: run \`docker login ${registry}\` again`,
        };
      }
      // Some versions of Docker ended the password with a NUL character.
      return { login: { username, password: rest.join(":").replace(/\0+$/, ""), identityToken } };
    }
    if (identityToken) {
      return { login: { username: "", password: "", identityToken } };
    }
  }
  return {};
}

function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
}

function mapping(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** What helpers print who know nothing; all others that end with an error are broken. */
const NOTHING_KNOWN =
  /credentials not found|no credentials|not found in (?:native )?(?:keychain|store)/i;

/**
 * Asks a credential helper of Docker.
 *
 * @throws ProgramFailed if it gives no answer, or none that can be understood
 */
async function runHelper(
  helper: string,
  registry: string,
  env: NodeJS.ProcessEnv,
): Promise<Login | undefined> {
  const program = `docker-credential-${helper}`;
  const { code, stdout } = await runLoginProgram(program, {
    args: ["get"],
    input: registry,
    env,
    timeoutMs: TIMEOUT_MS,
  });
  if (code !== 0) {
    if (NOTHING_KNOWN.test(stdout)) {
      return undefined;
    }
    throw new ProgramError(program, `ended with ${code} when asked for ${registry}`);
  }
  const { Username, Secret } = mappingOf(stdout) ?? {};
  if (typeof Username !== "string" || typeof Secret !== "string") {
    const what =
      stdout.trim() === "" ? "printed nothing" : "printed no JSON with Username and Secret";
    throw new ProgramError(program, `${what} when asked for ${registry}`);
  }
  if (Username === "" && Secret === "") {
    return undefined;
  }
  // What is to be shown in the account's place, by Docker's own convention.
  const isToken = Username === "<token>";
  return { username: Username, password: Secret, identityToken: isToken ? Secret : undefined };
}
