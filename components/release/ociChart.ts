/**
 * Charts in a registry. Helm itself pulls them: with its own logins, and nothing but the digest decides what
 * comes. From then on such a chart is a folder like any other, rendered in previews and fingerprinted alike.
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { isDigest } from "../../shared/digest";
import { redactSecrets } from "../../shared/redactSecrets";
import { UserError } from "../../shared/userError";

const SCHEME = "oci://";

/** Beside the copies for the builders: ignored by git, safe to delete. */
const FOLDER = path.join(".staging", ".charts");

const TIMEOUT_MS = 120_000;

const ACCEPTED = `${SCHEME}registry/repository:version@sha256:… with the digest that \`helm push\` and \`helm pull\` print; leave it out for the chart of this package`;

/** Whether a chart is said to be in a registry. */
export function isInRegistry(chart: string): boolean {
  return chart.startsWith(SCHEME);
}

/**
 * The folder of a chart that a registry holds, pulled unless it is there already.
 *
 * @param reference `oci://registry/repository@sha256:…`, with a tag before the `@` for people to read
 */
export function pullChart(reference: string): string {
  const [name = "", digest = ""] = reference.slice(SCHEME.length).split("@");
  if (!isDigest(digest)) {
    throw new UserError(
      `chart: found ${redactSecrets(reference)}, which names no digest, so that another chart might come tomorrow; accepted: ${ACCEPTED}`,
    );
  }
  // By the digest alone: where the tag has gone meanwhile does not matter.
  const repository = name.replace(/:[^/:]*$/, "");
  if (!/^[^/]+(\/[^/]+)+$/.test(repository)) {
    throw new UserError(
      `chart: found ${redactSecrets(reference)}, which names no repository in a registry; accepted: ${ACCEPTED}`,
    );
  }
  const folder = path.join(FOLDER, digest.replace("sha256:", ""));
  return chartIn(folder) ?? pull(`${SCHEME}${repository}@${digest}`, folder);
}

/** @throws UserError with what Helm says, if it cannot */
function pull(chart: string, folder: string): string {
  fs.mkdirSync(FOLDER, { recursive: true });
  // Moved into place as a whole: two programs may pull at the same time, and one may be ended.
  const part = fs.mkdtempSync(path.join(FOLDER, ".pull-"));
  try {
    const { status, stderr, error } = spawnSync(
      "helm",
      ["pull", chart, "--untar", "--untardir", part],
      {
        encoding: "utf8",
        timeout: TIMEOUT_MS,
        killSignal: "SIGKILL",
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    if (status !== 0) {
      throw new UserError(`chart: ${chart} cannot be pulled: ${reasonOf(stderr, error)}`);
    }
    if (chartIn(part) === undefined) {
      throw new UserError(`chart: ${chart} holds no Helm chart; accepted: ${ACCEPTED}`);
    }
    if (chartIn(folder) === undefined) {
      fs.rmSync(folder, { recursive: true, force: true });
      fs.renameSync(part, folder);
    }
    return chartIn(folder) as string;
  } finally {
    fs.rmSync(part, { recursive: true, force: true });
  }
}

function reasonOf(stderr: string | null, error: NodeJS.ErrnoException | undefined): string {
  if (error?.code === "ENOENT") {
    return "helm is not on PATH; install it (version 3 or 4), or set chart to a folder";
  }
  if (error !== undefined) {
    return `helm gave no answer within ${TIMEOUT_MS / 1000} seconds (${error.code})`;
  }
  const reason = redactSecrets(stderr ?? "")
    .trim()
    .replace(/^Error: /, "");
  return `${reason}; log in with \`helm registry login\` if the registry wants it`;
}

/** The folder of the chart within another; Helm leaves an empty one beside it. */
function chartIn(folder: string): string | undefined {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const name = names.find((each) => fs.existsSync(path.join(folder, each, "Chart.yaml")));
  return name === undefined ? undefined : path.join(folder, name);
}
