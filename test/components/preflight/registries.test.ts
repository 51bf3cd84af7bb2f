import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { challengeOf, findingOfRegistry } from "../../../components/preflight/registries";
import { temporaryFolder } from "../../temporaryFolder";

const folder = temporaryFolder("registries");
const right = `Basic ${Buffer.from("ci:right").toString("base64")}`;

/** A registry of this machine that gives tokens, or takes passwords, or lets everybody in. */
function registry(kind: "token" | "basic" | "open"): http.Server {
  return http.createServer((request, response) => {
    const { url = "", headers } = request;
    const base = `http://${headers.host}`;
    if (url.startsWith("/token")) {
      const scope = new URL(url, base).searchParams.get("scope");
      const isRight = headers.authorization === right && scope === "repository:team/wine:pull,push";
      response.writeHead(isRight ? 200 : 401).end(JSON.stringify({ token: "granted" }));
      return;
    }
    const expected = { token: "Bearer granted", basic: right, open: headers.authorization }[kind];
    if (headers.authorization === expected) {
      response.writeHead(200).end("{}");
      return;
    }
    const challenge =
      kind === "token" ? `Bearer realm="${base}/token",service="here"` : 'Basic realm="here"';
    response.writeHead(401, { "www-authenticate": challenge }).end();
  });
}

describe("the login to a registry", () => {
  const servers: http.Server[] = [];
  const dockerConfig = process.env.DOCKER_CONFIG;

  async function start(kind: "token" | "basic" | "open"): Promise<string> {
    const server = registry(kind);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function login(config: unknown): void {
    fs.writeFileSync(path.join(folder, "config.json"), JSON.stringify(config));
  }

  beforeEach(() => {
    process.env.DOCKER_CONFIG = folder;
    login({});
  });

  after(() => {
    if (dockerConfig === undefined) delete process.env.DOCKER_CONFIG;
    else process.env.DOCKER_CONFIG = dockerConfig;
    for (const server of servers) server.close();
  });

  for (const kind of ["token", "basic"] as const) {
    it(`works with the right account (${kind})`, async () => {
      const host = await start(kind);
      const credentials = { username: "ci", password: "right" };
      assert.deepEqual(
        await findingOfRegistry({ repository: `${host}/team/wine`, credentials }),
        [],
      );
      login({ auths: { [host]: { auth: right.slice("Basic ".length) } } });
      assert.deepEqual(await findingOfRegistry({ repository: `${host}/team/wine` }), []);
    });

    it(`is refused with a wrong password, which is not told (${kind})`, async () => {
      const host = await start(kind);
      const credentials = { username: "ci", password: "wr0ng" };
      const [finding] = await findingOfRegistry({ repository: `${host}/team/wine`, credentials });
      assert.match(finding?.message ?? "", /refuses the account in image\.credentials \(401\)/);
      assert.doesNotMatch(JSON.stringify(finding), /wr0ng/);
      assert.equal(finding?.uncertain, undefined);
    });

    it(`is missed where there is none (${kind})`, async () => {
      const host = await start(kind);
      const [finding] = await findingOfRegistry({ repository: `${host}/team/wine` });
      assert.match(finding?.message ?? "", /wants a login.*`docker login 127\.0\.0\.1:\d+`/);
    });
  }

  it("is not needed where everybody may push", async () => {
    const host = await start("open");
    assert.deepEqual(await findingOfRegistry({ repository: `${host}/team/wine` }), []);
  });

  it("comes from a credential helper", async () => {
    const host = await start("basic");
    const helper = path.join(folder, "docker-credential-here");
    fs.writeFileSync(
      helper,
      '#!/bin/sh\nread server\ntest "$server" = "$EXPECTED" && echo \'{"Username": "ci", "Secret": "right"}\'\n',
      { mode: 0o700 },
    );
    const before = process.env.PATH;
    process.env.PATH = `${folder}${path.delimiter}${before}`;
    process.env.EXPECTED = host;
    try {
      login({ credHelpers: { [host]: "here" } });
      assert.deepEqual(await findingOfRegistry({ repository: `${host}/team/wine` }), []);
      login({ credsStore: "nowhere" });
      const [finding] = await findingOfRegistry({ repository: `${host}/team/wine` });
      assert.match(finding?.message ?? "", /wants a login/);
    } finally {
      process.env.PATH = before;
    }
  });

  it("is only a warning where the registry does not answer from here", async () => {
    const [finding] = await findingOfRegistry({ repository: "127.0.0.1:1/team/wine" });
    assert.equal(finding?.uncertain, true);
    assert.match(finding?.message ?? "", /127\.0\.0\.1:1 does not answer here \(.*ECONNREFUSED/);
  });

  it("reads a challenge", () => {
    assert.deepEqual(challengeOf('Bearer realm="https://a/token",service="a"'), {
      scheme: "bearer",
      parameters: { realm: "https://a/token", service: "a" },
    });
  });
});
