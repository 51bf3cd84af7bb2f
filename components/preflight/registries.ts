/**
 * Whether the account may log in to the registries to which images are pushed; by requests of our own,
 * for there need be neither Docker nor buildx here, and their refusals do not say which setting is wrong.
 */
import * as http from "node:http";
import * as https from "node:https";
import * as os from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { mappingOf } from "../../shared/loginProgram";
import { redactSecrets } from "../../shared/redactSecrets";
import type { RegistryCredentials } from "../arguments/builder";
import { ConnectionError, receiveAnswer } from "../cluster/client";
import { registryOf } from "../image/builders";
import { isCertificateProblem, machineAuthorities } from "../network/authorities";
import { isLoopback, lookupLoopback } from "../network/loopback";
import { agentThrough, identityOf, proxyFor } from "../network/proxy";
import { dockerLogin, type FoundLogin, type Login } from "./dockerLogin";
import type { Finding } from "./finding";

/** A repository to push to. */
export interface Push {
  repository: string;
  credentials?: RegistryCredentials;
}

const TIMEOUT_MS = 5_000;

/** What stands in the way of a push. One that cannot be asked from here is only a warning. */
export async function checkRegistry({ repository, credentials }: Push): Promise<Finding[]> {
  const registry = registryOf(repository);
  const name = repository.startsWith(`${registry}/`)
    ? repository.slice(registry.length + 1)
    : repository;
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const { login, problem }: FoundLogin = credentials
    ? { login: await configured(credentials) }
    : await dockerLogin(registry);
  const redacted = (text: string) =>
    redactSecrets(text, [login?.password, login?.identityToken, login && basic(login)]);
  try {
    const base = await findBase(host);
    const refusal = await tryLogin(base, name, login);
    if (problem !== undefined) {
      const message = redacted(problem);
      return refusal === undefined
        ? [{ message, uncertain: true }]
        : [
            {
              message: `the registry ${registry} wants a login, and that of this machine cannot be read: ${message}`,
            },
          ];
    }
    return refusal === undefined
      ? []
      : [{ message: messageOf(registry, redacted(refusal), login, credentials) }];
  } catch (error) {
    const message = redacted(messageOfFailure(registry, error));
    const findings: Finding[] = [{ message, uncertain: true }];
    return problem === undefined
      ? findings
      : [...findings, { message: redacted(problem), uncertain: true }];
  }
}

function messageOf(
  registry: string,
  refusal: string,
  login: Login | undefined,
  credentials: RegistryCredentials | undefined,
): string {
  const remedy = `run \`docker login ${registry}\` again, or set image.credentials`;
  if (login === undefined) {
    return `the registry ${registry} wants a login, and there is none on this machine: run \`docker login ${registry}\`, or set image.credentials`;
  }
  return credentials
    ? `the registry ${registry} refuses the account in image.credentials (${refusal}${strange(login)}): set image.credentials.username, and image.credentials.password with --secret`
    : `the registry ${registry} refuses the login of this machine (${refusal}${strange(login)}): ${remedy}`;
}

/** What nobody sees in a password, and what makes it another one. */
function strange({ password }: Login): string {
  return /[\r\n]$/.test(password) ? "; the password ends with a line break" : "";
}

/** Failures that say more than that there was no answer. */
class Explained extends Error {}

function messageOfFailure(registry: string, error: unknown): string {
  if (error instanceof Explained) {
    return error.message;
  }
  return `the registry ${registry} does not answer here (${reasonOf(error)}): if it does not answer where images are built either, no image can be pushed`;
}

async function configured({ username, password }: RegistryCredentials): Promise<Login> {
  const known = pulumi.output({ username, password }) as unknown as { promise(): Promise<Login> };
  return await known.promise();
}

/** By TLS; only a registry of this machine may do without it, since logins follow. */
async function findBase(host: string): Promise<string> {
  try {
    await ask(`https://${host}/v2/`);
    return `https://${host}`;
  } catch (error) {
    const code = error instanceof ConnectionError ? error.code : undefined;
    if (isCertificateProblem(code)) {
      throw new Explained(
        `the certificate of the registry ${host} is not trusted here (${reasonOf(error)}), so no login was tried: ` +
          "renew it if it has expired or names another host; if a private authority has signed it, have the builder trust that " +
          `(Docker: the file ${dockerFolders[0]}/${host}/ca.crt), and this check with the environment variable NODE_EXTRA_CA_CERTS=<file of the authority>`,
      );
    }
    const plain = `http://${host}`;
    if (isLoopback(new URL(plain).hostname)) {
      // One that does not answer at all is told as the first attempt has put it.
      const isThere = await ask(`${plain}/v2/`).catch(() => undefined);
      if (isThere !== undefined) {
        return plain;
      }
    }
    if (code === "EPROTO" || code?.startsWith("ERR_SSL_")) {
      throw new Explained(
        `the registry ${host} does not speak TLS properly (${code}), and it is not asked without, since that would show the login to everybody on the way: ` +
          "give it a certificate. Only a registry of this machine (localhost, 127.0.0.1) may do without",
      );
    }
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @returns what the registry said instead of letting us in */
async function tryLogin(
  base: string,
  repository: string,
  login: Login | undefined,
): Promise<string | undefined> {
  const url = `${base}/v2/`;
  const ping = await ask(url);
  if (ping.status !== 401) {
    return undefined;
  }
  if (login === undefined) {
    return "401";
  }
  const challenges = challengesOf(ping.headers["www-authenticate"] ?? "");
  const challenge = ["bearer", "basic"]
    .map((wanted) => challenges.find(({ scheme }) => scheme === wanted))
    .find((found) => found !== undefined);
  if (challenge === undefined) {
    const schemes = challenges.map(({ scheme }) => scheme).join(", ") || "none that it names";
    return `401; it wants a login by ${schemes}, and only Bearer and Basic are known`;
  }
  const authorization =
    challenge.scheme === "bearer"
      ? await token(base, challenge.parameters, repository, login)
      : { value: basic(login) };
  if ("refusal" in authorization) {
    return authorization.refusal;
  }
  const { status } = await ask(url, { authorization: authorization.value });
  return status === 401 || status === 403 ? String(status) : undefined;
}

async function token(
  base: string,
  { realm = "", service }: Record<string, string>,
  repository: string,
  login: Login,
): Promise<{ value: string } | { refusal: string }> {
  const issuer = issuerOf(realm, base);
  if (typeof issuer === "string") {
    return { refusal: issuer };
  }
  const query = new URLSearchParams({ scope: `repository:${repository}:pull,push` });
  if (service) {
    query.set("service", service);
  }
  let answer: Awaited<ReturnType<typeof ask>>;
  try {
    if (login.identityToken) {
      query.set("grant_type", "refresh_token");
      query.set("client_id", "model-deployment");
      query.set("refresh_token", login.identityToken);
      answer = await ask(issuer.href, {}, query.toString());
    } else {
      for (const [key, value] of query) {
        issuer.searchParams.append(key, value);
      }
      answer = await ask(issuer.href, { authorization: basic(login) });
    }
  } catch (error) {
    throw new Explained(
      `the login address ${issuer.origin} that the registry of ${repository} names does not answer here (${reasonOf(error)}): if it does not answer where images are built either, no image can be pushed`,
    );
  }
  if (answer.status !== 200) {
    const isRefusal = answer.status === 401 || answer.status === 403;
    return {
      refusal: isRefusal ? String(answer.status) : `${issuer.origin} answers ${answer.status}`,
    };
  }
  const { token: plain, access_token: access } = mappingOf(answer.body) ?? {};
  const given = [plain, access].find((one) => typeof one === "string" && one !== "");
  return given === undefined
    ? { refusal: `${issuer.origin} gives no token` }
    : { value: `Bearer ${given}` };
}

/** The login address that a registry names, or why nothing is sent there. */
function issuerOf(realm: string, base: string): URL | string {
  let issuer: URL;
  try {
    issuer = new URL(realm);
  } catch {
    return "it names no login address";
  }
  const isOwn = base.startsWith("http:") && isLoopback(issuer.hostname);
  if (issuer.protocol !== "https:" && !(issuer.protocol === "http:" && isOwn)) {
    return `it wants the login sent to ${issuer.protocol}//${issuer.host}, without TLS, which was not done`;
  }
  issuer.username = "";
  issuer.password = "";
  issuer.hash = "";
  return issuer;
}

function basic({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

/** `Bearer realm="…",service="…"`, also several in one header. */
export function challengesOf(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  const parts = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]*)))?/g;
  for (const [, name = "", quoted, plain] of header.matchAll(parts)) {
    const value = quoted?.replace(/\\(.)/g, "$1") ?? plain;
    if (value === undefined) {
      challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    } else {
      const current = challenges.at(-1);
      if (current !== undefined) {
        current.parameters[name.toLowerCase()] ??= value;
      }
    }
  }
  return challenges;
}

/** Where Docker keeps the authorities of single registries. */
const dockerFolders = ["/etc/docker/certs.d", path.join(os.homedir(), ".docker", "certs.d")];

/** Follows no redirect: what it carries is for this address alone. */
async function ask(url: string, headers: Record<string, string> = {}, form?: string) {
  const proxy = proxyFor(url);
  const agent = proxy === undefined ? undefined : await agentThrough(proxy, url);
  const isSecure = url.startsWith("https:");
  const send = (ca?: string[]) => {
    const request = (isSecure ? https : http).request(url, {
      method: form === undefined ? "GET" : "POST",
      agent,
      headers: {
        ...headers,
        ...(form !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(isSecure
        ? { ca, checkServerIdentity: identityOf(new URL(url).hostname) }
        : { lookup: lookupLoopback }),
    });
    return receiveAnswer(request, form, TIMEOUT_MS);
  };
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof ConnectionError) || !isCertificateProblem(error.code)) {
      throw error;
    }
    // What Docker trusts besides.
    const { host } = new URL(url);
    const own = machineAuthorities(dockerFolders.map((folder) => path.join(folder, host)));
    return await send(own).catch(() => {
      throw error;
    });
  }
}
