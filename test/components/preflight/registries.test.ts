import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { challengesOf, checkRegistry } from "../../../components/preflight/registries";
import { selfSigned } from "../../selfSigned";
import { temporaryFolder } from "../../temporaryFolder";

const folder = temporaryFolder("registries");
const right = `Basic ${Buffer.from("ci:right").toString("base64")}`;

/** Another address than those of this machine itself, where yet only this machine answers. */
const elsewhere = "0.0.0.0";

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
    if (dockerConfig === undefined) {
      delete process.env.DOCKER_CONFIG;
    } else {
      process.env.DOCKER_CONFIG = dockerConfig;
    }
    for (const server of servers) {
      server.close();
    }
  });

  for (const kind of ["token", "basic"] as const) {
    it(`works with the right account (${kind})`, async () => {
      const host = await start(kind);
      const credentials = { username: "ci", password: "right" };
      assert.deepEqual(await checkRegistry({ repository: `${host}/team/wine`, credentials }), []);
      login({ auths: { [host]: { auth: right.slice("Basic ".length) } } });
      assert.deepEqual(await checkRegistry({ repository: `${host}/team/wine` }), []);
    });

    it(`is refused with a wrong password, which is not told (${kind})`, async () => {
      const host = await start(kind);
      const credentials = { username: "ci", password: "wr0ng" };
      const [finding] = await checkRegistry({ repository: `${host}/team/wine`, credentials });
      assert.match(finding?.message ?? "", /refuses the account in image\.credentials \(401\)/);
      assert.doesNotMatch(JSON.stringify(finding), /wr0ng/);
      assert.equal(finding?.uncertain, undefined);
    });

    it(`is missed where there is none (${kind})`, async () => {
      const host = await start(kind);
      const [finding] = await checkRegistry({ repository: `${host}/team/wine` });
      assert.match(finding?.message ?? "", /wants a login.*`docker login 127\.0\.0\.1:\d+`/);
    });
  }

  it("is not needed where everybody may push", async () => {
    const host = await start("open");
    assert.deepEqual(await checkRegistry({ repository: `${host}/team/wine` }), []);
  });

  /** The findings where such a program is the credential helper of all registries. */
  async function findingsWithHelper(repository: string, script: string) {
    const helper = path.join(folder, "docker-credential-here");
    fs.writeFileSync(helper, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
    const before = process.env.PATH;
    process.env.PATH = `${folder}${path.delimiter}${before}`;
    try {
      login({ credsStore: "here" });
      return await checkRegistry({ repository });
    } finally {
      process.env.PATH = before;
    }
  }

  it("comes from a credential helper", async () => {
    const host = await start("basic");
    const script = `read server; test "$server" = "${host}" && echo '{"Username": "ci", "Secret": "right"}'`;
    assert.deepEqual(await findingsWithHelper(`${host}/team/wine`, script), []);
  });

  it("is missed where the credential helper knows none", async () => {
    const host = await start("basic");
    const script = "echo 'credentials not found in native keychain'; exit 1";
    const [finding] = await findingsWithHelper(`${host}/team/wine`, script);
    assert.match(finding?.message ?? "", /and there is none on this machine/);
  });

  const broken: [what: string, script: string, told: RegExp][] = [
    ["prints no JSON", "echo hidden-secret", /printed no JSON with Username and Secret/],
    ["prints half a JSON", `echo '{"Username": "ci", "Secret": "hidden-secret'`, /printed no JSON/],
    ["prints JSON that is no mapping", "echo null", /printed no JSON/],
    [
      "prints another mapping",
      `echo '{"Username": "ci", "Secret": {"a": "hidden-secret"}}'`,
      /no JSON/,
    ],
    ["prints nothing", "exit 0", /printed nothing/],
    ["ends with an error", "echo hidden-secret; exit 3", /ended with 3/],
    ["is ended by a signal", "kill -9 $$", /was ended by SIGKILL/],
    ["prints without end", "yes hidden-secret", /printed more than a login can be/],
  ];
  for (const [what, script, told] of broken) {
    it(`is told to be out of reach where the credential helper ${what}`, async () => {
      const host = await start("basic");
      const [finding, ...more] = await findingsWithHelper(`${host}/team/wine`, script);
      assert.match(finding?.message ?? "", told);
      assert.match(
        finding?.message ?? "",
        /wants a login.* docker-credential-here, which .*config\.json names/,
      );
      assert.doesNotMatch(JSON.stringify(finding), /hidden-secret/);
      assert.equal(finding?.uncertain, undefined);
      assert.deepEqual(more, []);
    });
  }

  it("names a credential helper that is not installed", async () => {
    const host = await start("basic");
    login({ credHelpers: { [host]: "nowhere" } });
    const [finding] = await checkRegistry({ repository: `${host}/team/wine` });
    assert.match(
      finding?.message ?? "",
      /docker-credential-nowhere, .* is not installed: install it/,
    );
  });

  it("only warns of a broken credential helper where no login is needed", async () => {
    const host = await start("open");
    const [finding] = await findingsWithHelper(`${host}/team/wine`, "echo hidden-secret");
    assert.match(finding?.message ?? "", /printed no JSON/);
    assert.equal(finding?.uncertain, true);
  });

  for (const content of [
    "hidden-secret",
    '{"auths": {"x": "hidden-secret',
    "[]",
    '"hidden-secret"',
  ]) {
    it(`names a config.json that is none: ${content}`, async () => {
      const host = await start("basic");
      fs.writeFileSync(path.join(folder, "config.json"), content);
      const [finding] = await checkRegistry({ repository: `${host}/team/wine` });
      assert.match(finding?.message ?? "", /config\.json is no JSON mapping/);
      assert.doesNotMatch(JSON.stringify(finding), /hidden-secret/);
    });
  }

  it("is found under whatever Docker takes for its host", async () => {
    const host = await start("basic");
    const entry = { auth: right.slice("Basic ".length) };
    for (const key of [
      `https://${host}`,
      `http://${host}/v1/`,
      `${host}/v2/`,
      `https://${host}/`,
    ]) {
      login({ auths: { "elsewhere.example": { auth: "eDp5" }, [key]: entry } });
      assert.deepEqual(await checkRegistry({ repository: `${host}/team/wine` }), [], key);
    }
  });

  describe("goes nowhere without TLS", () => {
    const asked: string[] = [];
    const credentials = { username: "ci", password: "right" };

    async function listen(server: http.Server | https.Server): Promise<number> {
      servers.push(server as http.Server);
      await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
      return (server.address() as AddressInfo).port;
    }

    /** A server that wants a login, and remembers what it is asked. */
    function recorder(challenge: string): http.RequestListener {
      return (request, response) => {
        asked.push(`${request.headers.authorization ?? "nobody"} ${request.url}`);
        response.writeHead(401, { "www-authenticate": challenge }).end();
      };
    }

    beforeEach(() => {
      asked.length = 0;
    });

    it("to a registry of another machine", async () => {
      const port = await listen(http.createServer(recorder('Basic realm="here"')));
      const repository = `${elsewhere}:${port}/team/wine`;
      const [finding, ...more] = await checkRegistry({ repository, credentials });
      assert.match(finding?.message ?? "", /does not speak TLS.*give it a certificate/);
      assert.deepEqual([more, asked], [[], []]);
    });

    it("to a registry whose certificate is not trusted, not even one of this machine", async () => {
      const options = selfSigned(folder, "127.0.0.1");
      const port = await listen(https.createServer(options, recorder('Basic realm="here"')));
      for (const host of ["127.0.0.1", "localhost", elsewhere]) {
        const repository = `${host}:${port}/team/wine`;
        const [finding, ...more] = await checkRegistry({ repository, credentials });
        assert.match(
          finding?.message ?? "",
          /certificate of the registry .* is not trusted here \(.*self.signed.*no login was tried.*NODE_EXTRA_CA_CERTS/,
        );
        assert.deepEqual([more, asked], [[], []]);
      }
    });

    it("to a login address on another machine", async () => {
      const issuer = await listen(http.createServer(recorder("")));
      for (const realm of [`http://${elsewhere}:${issuer}/token`, "ftp://127.0.0.1/", "nowhere"]) {
        const port = await listen(http.createServer(recorder(`Bearer realm="${realm}"`)));
        const repository = `127.0.0.1:${port}/team/wine`;
        const [finding] = await checkRegistry({ repository, credentials });
        assert.match(
          finding?.message ?? "",
          /without TLS, which was not done|names no login address/,
        );
      }
      assert.ok(asked.length > 0 && asked.every((one) => one === "nobody /v2/"), asked.join());
    });

    it("through a proxy to a registry of this machine", async () => {
      const proxy = await listen(http.createServer(recorder("")));
      const host = await start("basic");
      const before = process.env.HTTP_PROXY;
      process.env.HTTP_PROXY = `http://127.0.0.1:${proxy}`;
      try {
        const repository = `${host}/team/wine`;
        assert.deepEqual(await checkRegistry({ repository, credentials }), []);
      } finally {
        if (before === undefined) {
          delete process.env.HTTP_PROXY;
        } else {
          process.env.HTTP_PROXY = before;
        }
      }
      assert.deepEqual(asked, []);
    });

    it("along a redirect", async () => {
      const other = await listen(http.createServer(recorder("")));
      const port = await listen(
        http.createServer((request, response) => {
          const location = `http://127.0.0.1:${other}${request.url}`;
          response.writeHead(307, { location, "www-authenticate": "Basic" }).end();
        }),
      );
      await checkRegistry({ repository: `127.0.0.1:${port}/team/wine`, credentials });
      assert.deepEqual(asked, []);
    });

    it("for a challenge that is not understood", async () => {
      const port = await listen(http.createServer(recorder("Negotiate")));
      const repository = `127.0.0.1:${port}/team/wine`;
      const [finding] = await checkRegistry({ repository, credentials });
      assert.match(finding?.message ?? "", /wants a login by negotiate/);
      assert.deepEqual(new Set(asked), new Set(["nobody /v2/"]));
    });
  });

  it("tells nothing of what a login address answers", async () => {
    const server = http.createServer((request, response) => {
      const realm = `http://${request.headers.host}/token`;
      if (request.url?.startsWith("/token")) {
        response.writeHead(200).end("hidden-secret");
      } else {
        response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
      }
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const repository = `127.0.0.1:${(server.address() as AddressInfo).port}/team/wine`;
    const credentials = { username: "ci", password: "right" };
    const [finding] = await checkRegistry({ repository, credentials });
    assert.match(finding?.message ?? "", /gives no token/);
    assert.doesNotMatch(JSON.stringify(finding), /hidden-secret/);
  });

  it("is only a warning where the registry does not answer from here", async () => {
    const [finding] = await checkRegistry({ repository: "127.0.0.1:1/team/wine" });
    assert.equal(finding?.uncertain, true);
    assert.match(finding?.message ?? "", /127\.0\.0\.1:1 does not answer here \(.*ECONNREFUSED/);
  });

  it("reads a challenge", () => {
    const bearer = { scheme: "bearer", parameters: { realm: "https://a/token", service: "a" } };
    assert.deepEqual(challengesOf('Bearer realm="https://a/token",service="a"'), [bearer]);
    assert.deepEqual(challengesOf("bearer Realm=https://a/token, service = a"), [bearer]);
    assert.deepEqual(challengesOf('Negotiate, Bearer realm="https://a/token", service="a"'), [
      { scheme: "negotiate", parameters: {} },
      bearer,
    ]);
  });
});
