/** Whether the account may log in to the registries to which images are pushed. */
import * as http from "node:http";
import * as https from "node:https";
import * as pulumi from "@pulumi/pulumi";
import { type RegistryCredentials, registryOf } from "../builders";
import { answerOf } from "../cluster/client";
import { proxyFor } from "../cluster/proxy";
import { dockerLogin, type Login } from "./dockerLogin";
import type { Finding } from "./finding";

/** A repository to push to. */
export interface Push {
  repository: string;
  credentials?: RegistryCredentials;
}

const patience = 5_000;

/** What stands in the way of a push. One that cannot be asked from here is only a warning. */
export async function findingOfRegistry({ repository, credentials }: Push): Promise<Finding[]> {
  const registry = registryOf(repository);
  const path = repository.startsWith(`${registry}/`)
    ? repository.slice(registry.length + 1)
    : repository;
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  try {
    const base = await findBase(host);
    const login = credentials ? await configured(credentials) : await dockerLogin(registry);
    const refusal = await tryLogin(base, path, login);
    return refusal === undefined
      ? []
      : [{ message: messageOf(registry, refusal, login, credentials) }];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the registry ${registry} does not answer here (${reason}): if it does not answer where images are built either, no image can be pushed`;
    return [{ message, uncertain: true }];
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
    ? `the registry ${registry} refuses the account in image.credentials (${refusal}): set image.credentials.username, and image.credentials.password with --secret`
    : `the registry ${registry} refuses the login of this machine (${refusal}): ${remedy}`;
}

async function configured({ username, password }: RegistryCredentials): Promise<Login> {
  const known = pulumi.output({ username, password }) as unknown as { promise(): Promise<Login> };
  return await known.promise();
}

/** By TLS, except for a registry of this machine that does not speak it. */
async function findBase(host: string): Promise<string> {
  try {
    await ask(`https://${host}/v2/`, {});
    return `https://${host}`;
  } catch (error) {
    // Whether an insecure registry is allowed is up to the builder, which may know it as one.
    await ask(`http://${host}/v2/`, {}).catch(() => {
      throw error;
    });
    return `http://${host}`;
  }
}

/** @returns what the registry said instead of letting us in */
async function tryLogin(
  base: string,
  repository: string,
  login: Login | undefined,
): Promise<string | undefined> {
  const ping = await ask(`${base}/v2/`, {});
  if (ping.status !== 401) {
    return undefined;
  }
  if (login === undefined) {
    return "401";
  }
  const challenge = challengeOf(ping.headers["www-authenticate"] ?? "");
  const authorization =
    challenge.scheme === "bearer"
      ? await token(challenge.parameters, repository, login)
      : { value: basic(login) };
  if ("refusal" in authorization) {
    return authorization.refusal;
  }
  const { status } = await ask(`${base}/v2/`, { authorization: authorization.value });
  return status === 401 || status === 403 ? String(status) : undefined;
}

async function token(
  { realm = "", service }: Record<string, string>,
  repository: string,
  login: Login,
): Promise<{ value: string } | { refusal: string }> {
  const query = new URLSearchParams({ scope: `repository:${repository}:pull,push` });
  if (service) {
    query.set("service", service);
  }
  let answer: Awaited<ReturnType<typeof ask>>;
  if (login.identityToken) {
    query.set("grant_type", "refresh_token");
    query.set("client_id", "model-deployment");
    query.set("refresh_token", login.identityToken);
    answer = await ask(realm, {}, query.toString());
  } else {
    const separator = realm.includes("?") ? "&" : "?";
    answer = await ask(`${realm}${separator}${query}`, { authorization: basic(login) });
  }
  if (answer.status !== 200) {
    return { refusal: String(answer.status) };
  }
  const { token: plain, access_token: access } = JSON.parse(answer.body) as Record<string, string>;
  return { value: `Bearer ${plain ?? access}` };
}

function basic({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** `Bearer realm="…",service="…"` */
export function challengeOf(header: string): {
  scheme: string;
  parameters: Record<string, string>;
} {
  const [scheme = ""] = header.split(" ", 1);
  const pairs = [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
  return { scheme: scheme.toLowerCase(), parameters: Object.fromEntries(pairs) };
}

async function ask(url: string, headers: Record<string, string>, form?: string) {
  const proxy = await proxyFor(url);
  const secure = url.startsWith("https:");
  const { HttpsProxyAgent } = proxy ? await import("https-proxy-agent") : {};
  const request = (secure ? https : http).request(url, {
    method: form === undefined ? "GET" : "POST",
    agent: proxy && HttpsProxyAgent ? new HttpsProxyAgent(proxy) : undefined,
    headers: {
      ...headers,
      ...(form !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
    },
  });
  return await answerOf(request, form, patience);
}
