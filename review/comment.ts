/**
 * `ts-node review/comment.ts <summary> …`: one comment on a pull request that holds the summaries of
 * its stacks, written anew with each push. For GitHub Actions, whose variables it reads.
 */

import * as fs from "node:fs";
import { redactSecrets } from "../shared/redactSecrets";

/** By this the comment is found again; it is not shown. */
const MARKER = "<!-- model-deployment preview -->";

/** What GitHub takes. */
const MAX_CHARACTERS = 65_536;

interface Comment {
  id: number;
  body?: string;
  user?: { type: string };
}

export interface PullRequest {
  /** Address of GitHub's API. */
  api: string;
  /** `owner/name` */
  repository: string;
  number: string;
  token: string;
}

/** The comment's text. */
export function commentOf(summaries: readonly string[]): string {
  const text = [MARKER, ...summaries].join("\n");
  return text.length <= MAX_CHARACTERS
    ? text
    : `${text.slice(0, MAX_CHARACTERS - 100)}…\n\n_Cut off: too long for a comment._\n`;
}

/** Writes the comment, the one there is or the first. */
export async function writeComment(pullRequest: PullRequest, body: string): Promise<void> {
  const { repository, number } = pullRequest;
  const comments = `repos/${repository}/issues/${number}/comments`;
  const id = await findComment(pullRequest, comments);
  if (id === undefined) {
    await ask(pullRequest, "POST", comments, { body });
  } else {
    await ask(pullRequest, "PATCH", `repos/${repository}/issues/comments/${id}`, { body });
  }
}

async function findComment(pullRequest: PullRequest, comments: string) {
  for (let page = 1; ; page++) {
    const path = `${comments}?per_page=100&page=${page}`;
    const list = (await ask(pullRequest, "GET", path)) as Comment[];
    // People can write the marker too, and their comments are not ours to edit.
    const own = list.find(({ body, user }) => user?.type === "Bot" && body?.startsWith(MARKER));
    if (own !== undefined || list.length < 100) {
      return own?.id;
    }
  }
}

async function ask(
  { api, token }: PullRequest,
  method: string,
  path: string,
  content?: object,
): Promise<unknown> {
  const response = await fetch(`${api}/${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
    },
    body: content && JSON.stringify(content),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = await response.text();
  if (!response.ok) {
    throw new Error(
      `${method} ${path}: GitHub answered ${response.status} ${redactSecrets(answer)}`,
    );
  }
  return JSON.parse(answer);
}

/** A job that broke down has left no summary; the comment must not look as if there were no such stack. */
export function readSummary(file: string): string {
  return fs.existsSync(file)
    ? fs.readFileSync(file, "utf8")
    : `### ❌ There is no \`${file}\`: see the log of its job\n`;
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`the variable ${name} is not set`);
  }
  return value;
}

if (require.main === module) {
  const summaries = process.argv.slice(2).map(readSummary);
  const pullRequest = {
    api: process.env.GITHUB_API_URL || "https://api.github.com",
    repository: variable("GITHUB_REPOSITORY"),
    number: variable("PULL_REQUEST"),
    token: variable("GITHUB_TOKEN"),
  };
  writeComment(pullRequest, commentOf(summaries)).catch((error: unknown) => {
    process.stderr.write(
      `${redactSecrets(error instanceof Error ? error.message : String(error))}\n`,
    );
    process.exitCode = 1;
  });
}
