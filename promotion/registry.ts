/**
 * Whether the target's registry has the images, asked with the credentials that `docker login` left.
 *
 * By buildx, which is also what copies and tags them: what it is let in to see it may move as well.
 * `components/preflight/registries.ts` asks by itself, since it must tell why no login is accepted before
 * anything is built, and where `docker-build` builds there need be no buildx.
 */
import { redactSecrets } from "../shared/redactSecrets";
import { tryRun } from "../shared/run";
import { Refusal } from "./refusal";

export interface Image {
  repository: string;
  tag: string;
  digest: string;
}

/** An image, and the repository where it is to be found under the same digest. */
export interface Move {
  from: Image;
  to: string;
}

// Comes with Docker, as a plugin or alone, and with whatever can build images here.
const commands = [["docker", "buildx"], ["buildx"]] as const;

async function findBuildx(): Promise<readonly [string, ...string[]] | undefined> {
  for (const command of commands) {
    const [program, ...args] = command;
    const { code } = await tryRun(program, [...args, "version"]).catch(() => ({ code: 1 }));
    if (code === 0) {
      return command;
    }
  }
  return undefined;
}

/** What is certain of each image; refuses if one is not where the target's nodes will look. */
export async function proveImages(images: readonly Move[]): Promise<string[]> {
  const buildx = await findBuildx();
  const found = await Promise.all(images.map((move) => look(move, buildx)));
  const problems = found.flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) {
    throw new Refusal("the image is not where the target needs it", problems);
  }
  return found.flatMap(({ fact }) => fact ?? []);
}

async function look(
  { from, to }: Move,
  buildx: readonly [string, ...string[]] | undefined,
): Promise<{ fact?: string; problem?: string }> {
  const [program, ...args] = buildx ?? [];
  const { code, stderr } =
    program === undefined
      ? { code: 1, stderr: "docker buildx is not installed" }
      : await tryRun(program, [...args, "imagetools", "inspect", "--raw", `${to}@${from.digest}`], {
          timeout: 60_000,
        });
  if (code === 0) {
    return { fact: `${to} has ${from.digest}` };
  }
  const copy = `Copy it, then promote again: ${copyCommand({ from, to }, buildx)}`;
  if (/not found/i.test(stderr)) {
    return { problem: `${to} has no ${from.digest}. ${copy}` };
  }
  const reason = redactSecrets(stderr).trim().split("\n").at(-1);
  // The source's pods pulled it from there.
  if (to === from.repository) {
    return { fact: `${to} has ${from.digest}, or had it (${reason})` };
  }
  const [registry] = to.split("/");
  const remedy = /x509|certificate/i.test(reason ?? "")
    ? `Have Docker trust the authority of its certificate: put that into /etc/docker/certs.d/${registry}/ca.crt`
    : copy;
  return { problem: `${to} cannot be asked whether it has ${from.digest}: ${reason}. ${remedy}` };
}

/** What to type to copy an image without changing its digest. */
export function copyCommand({ from, to }: Move, buildx: readonly string[] = commands[0]): string {
  return [
    ...buildx,
    ...["imagetools", "create", "--prefer-index=false"],
    ...["--tag", `${to}:${from.tag}`, `${from.repository}@${from.digest}`],
  ].join(" ");
}

/**
 * Gives what is promoted a tag of its own beside its digest, which no later build takes away:
 * registries clean up what has none. What was done, or what keeps the image from being cleaned up.
 */
export async function keep(
  moves: readonly Move[],
  stack: string,
  version: string,
): Promise<string[]> {
  const buildx = await findBuildx();
  return Promise.all(moves.map((move) => keepOne(move, keepingTag(stack, version, move), buildx)));
}

/** It names the digest too, so that it never moves, and may be set again. */
function keepingTag(stack: string, version: string, { from }: Move): string {
  const name = stack.split("/").at(-1);
  const digest = from.digest.slice("sha256:".length).slice(0, 12);
  const tag = `promoted-${name}-${version}-${digest}`;
  // As long as a tag may be.
  return tag.length > 128 ? `promoted-${name}-${digest}`.slice(-128) : tag;
}

async function keepOne(
  { from, to }: Move,
  tag: string,
  buildx: readonly [string, ...string[]] | undefined,
): Promise<string> {
  const [program, ...args] = buildx ?? [];
  const create = ["imagetools", "create", "--prefer-index=false", "--tag", `${to}:${tag}`];
  const { code, stderr } =
    program === undefined
      ? { code: 1, stderr: "docker buildx is not installed" }
      : await tryRun(program, [...args, ...create, `${to}@${from.digest}`], { timeout: 60_000 });
  if (code === 0) {
    return `✓ ${to} keeps it as ${tag}`;
  }
  const reason = redactSecrets(stderr).trim().split("\n").at(-1);
  return (
    `! ${to} does not keep ${from.digest} by a tag of its own (${reason}). ` +
    `Have somebody who may push do it: ${[...(buildx ?? commands[0]), ...create, `${to}@${from.digest}`].join(" ")}`
  );
}
