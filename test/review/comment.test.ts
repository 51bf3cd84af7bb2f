import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { commentOf, type PullRequest, readSummary, writeComment } from "../../review/comment";

interface Comment {
  id: number;
  body: string;
  user: { type: string };
}

describe("the comment on a pull request", () => {
  let server: http.Server;
  let pullRequest: PullRequest;
  let comments: Comment[];
  let requests: string[];

  // What GitHub's API does with comments of a pull request, as its reference describes it.
  before(async () => {
    server = http.createServer(async (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      const url = new URL(request.url ?? "", "http://localhost");
      let content = "";
      for await (const chunk of request) {
        content += chunk;
      }
      if (request.headers.authorization !== "Bearer secret") {
        response.writeHead(401).end('{"message":"Bad credentials"}');
      } else if (request.method === "GET") {
        const page = Number(url.searchParams.get("page"));
        const size = Number(url.searchParams.get("per_page"));
        response.end(JSON.stringify(comments.slice((page - 1) * size, page * size)));
      } else {
        const { body } = JSON.parse(content) as { body: string };
        const id = Number(url.pathname.split("/").at(-1));
        const existing = comments.find((comment) => comment.id === id);
        if (existing !== undefined && request.method === "PATCH") {
          existing.body = body;
        } else {
          comments.push({ id: comments.length + 1, body, user: { type: "Bot" } });
        }
        response.end("{}");
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const api = `http://127.0.0.1:${port}`;
    pullRequest = { api, repository: "acme/models", number: "7", token: "secret" };
  });
  after(() => server.close());
  beforeEach(() => {
    comments = [];
    requests = [];
  });

  it("is written once and then kept up to date", async () => {
    await writeComment(pullRequest, commentOf(["first"]));
    await writeComment(pullRequest, commentOf(["second"]));
    assert.equal(comments.length, 1);
    assert.match(comments[0]?.body ?? "", /second$/);
    assert.ok(requests.includes("POST /repos/acme/models/issues/7/comments"));
    assert.ok(requests.includes("PATCH /repos/acme/models/issues/comments/1"));
  });

  it("is found behind a hundred others, and is nobody else's", async () => {
    const quote = { body: commentOf(["quoted"]), user: { type: "User" } };
    comments = Array.from({ length: 150 }, (_, index) => ({ id: index + 1, ...quote }));
    comments.push({ id: 151, body: commentOf(["old"]), user: { type: "Bot" } });
    await writeComment(pullRequest, commentOf(["new"]));
    assert.equal(comments.length, 151);
    assert.match(comments[150]?.body ?? "", /new$/);
    assert.match(comments[0]?.body ?? "", /quoted$/);
  });

  it("holds the summaries of all stacks, and never more than GitHub takes", () => {
    assert.match(commentOf(["### dev\n", "### prod\n"]), /^<!-- .* -->\n### dev\n\n### prod\n$/);
    const long = commentOf(["x".repeat(70_000)]);
    assert.ok(long.length <= 65_536);
    assert.match(long, /Cut off: too long for a comment\._\n$/);
  });

  it("tells of a stack without a summary", () => {
    assert.match(
      readSummary("previews/prod.md"),
      /❌ There is no `previews\/prod\.md`: see the log/,
    );
  });

  it("says what GitHub answered when it cannot be written", async () => {
    await assert.rejects(
      writeComment({ ...pullRequest, token: "wrong" }, "x"),
      /GitHub answered 401 \{"message":"Bad credentials"\}/,
    );
  });
});
