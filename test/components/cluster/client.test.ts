import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import * as path from "node:path";
import { parse } from "yaml";
import { ApiError, ClusterClient, ConnectionError } from "../../../components/cluster/client";
import { findAccess } from "../../../components/cluster/kubeconfig";
import { UnsupportedError } from "../../../components/network/proxy";
import { checkCluster } from "../../../components/preflight/cluster";
import { selfSigned } from "../../selfSigned";
import { temporaryFolder } from "../../temporaryFolder";

const folder = temporaryFolder("cluster-client");

describe("the questions to a cluster", () => {
  const servers: net.Server[] = [];
  const seen: http.IncomingHttpHeaders[] = [];
  let certificate: { cert: Buffer; key: Buffer };
  let secure: string;
  let plain: string;

  const answer: http.RequestListener = (request, response) => {
    seen.push({ ...request.headers, url: request.url });
    response.writeHead(200).end('{"gitVersion": "v1.34.0"}');
  };

  async function listen(server: net.Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as net.AddressInfo).port;
  }

  before(async () => {
    certificate = selfSigned(folder, "127.0.0.1");
    secure = `https://127.0.0.1:${await listen(https.createServer(certificate, answer))}`;
    plain = `http://127.0.0.1:${await listen(http.createServer(answer))}`;
  });

  beforeEach(() => {
    seen.length = 0;
  });

  after(() => {
    for (const server of servers) {
      server.close();
    }
  });

  function kubeconfig(cluster: object, user: object = { token: "t1" }): string {
    return JSON.stringify({
      "current-context": "dev",
      contexts: [{ name: "dev", context: { cluster: "one", user: "me" } }],
      clusters: [{ name: "one", cluster }],
      users: [{ name: "me", user }],
    });
  }

  function trusted(server: string, more: object = {}): object {
    return { server, "certificate-authority-data": certificate.cert.toString("base64"), ...more };
  }

  async function ask(cluster: object, user?: object): Promise<http.IncomingHttpHeaders> {
    const client = new ClusterClient(findAccess({ kubeconfig: kubeconfig(cluster, user) }));
    await client.request("/version");
    const [headers] = seen;
    assert.ok(headers);
    return headers;
  }

  /** What the preflight says with such a kubeconfig. */
  async function findings(cluster: object, user?: object) {
    const file = path.join(folder, "config");
    fs.writeFileSync(file, kubeconfig(cluster, user));
    const before = process.env.KUBECONFIG;
    process.env.KUBECONFIG = file;
    try {
      const config = parse("{models: [], namespaces: [], preflight: true}");
      return await checkCluster(config, 10_000);
    } finally {
      if (before === undefined) {
        delete process.env.KUBECONFIG;
      } else {
        process.env.KUBECONFIG = before;
      }
    }
  }

  it("go to a server without TLS, which sees no login", async () => {
    for (const server of [plain, plain.replace("http://", "")]) {
      seen.length = 0;
      assert.equal((await ask({ server })).authorization, undefined);
    }
  });

  it("go to a server whose address has no scheme, with TLS where there is an authority", async () => {
    const headers = await ask(trusted(secure.replace("https://", "")));
    assert.equal(headers.authorization, "Bearer t1");
  });

  it("go to a server whose certificate is of another name, or of nobody", async () => {
    assert.equal((await ask({ server: secure, "insecure-skip-tls-verify": true })).url, "/version");
    const other = secure.replace("127.0.0.1", "localhost");
    await assert.rejects(ask(trusted(other)), ConnectionError);
    assert.equal((await ask(trusted(other, { "tls-server-name": "127.0.0.1" }))).url, "/version");
  });

  it("name who is acted for", async () => {
    const headers = await ask(trusted(secure), {
      token: "t1",
      as: "ci",
      "as-uid": "7",
      "as-groups": ["a", "b"],
      "as-user-extra": { "example.com/team": ["red"] },
    });
    assert.equal(headers["impersonate-user"], "ci");
    assert.equal(headers["impersonate-uid"], "7");
    assert.equal(headers["impersonate-group"], "a, b");
    assert.equal(headers["impersonate-extra-example.com%2fteam"], "red");
  });

  it("carry an id-token as long as it is good", async () => {
    const token = (exp: number) =>
      ["{}", JSON.stringify({ exp }), "x"]
        .map((part) => Buffer.from(part).toString("base64url"))
        .join(".");
    const user = (idToken: string) => ({
      "auth-provider": { name: "oidc", config: { "id-token": idToken, "refresh-token": "r" } },
    });
    const [good, old] = [token(32503680000), token(1)];
    assert.equal((await ask(trusted(secure), user(good))).authorization, `Bearer ${good}`);
    await assert.rejects(ask(trusted(secure), user(old)), UnsupportedError);
    const [finding] = await findings(trusted(secure), user(old));
    assert.equal(finding?.uncertain, true);
    assert.match(finding?.message ?? "", /the cluster is not asked: the id-token.*has expired/);
  });

  it("carry a static login rather than one of a program, as kubectl's do", async () => {
    const user = { token: "t1", exec: { command: "no-such-program" } };
    assert.equal((await ask(trusted(secure), user)).authorization, "Bearer t1");
  });

  describe("through a proxy", () => {
    const passed: string[] = [];

    beforeEach(() => {
      passed.length = 0;
    });

    /** A proxy of HTTP: tunnels, and requests that it passes on. */
    async function httpProxy(): Promise<string> {
      const proxy = http.createServer((request, response) => {
        passed.push(`${request.method} ${request.url}`);
        request.pipe(
          http.request(request.url ?? "", { headers: request.headers }, (answered) => {
            response.writeHead(answered.statusCode ?? 0);
            answered.pipe(response);
          }),
        );
      });
      proxy.on("connect", ({ url = "" }: http.IncomingMessage, client: net.Socket) => {
        passed.push(`CONNECT ${url}`);
        const [host = "", port] = url.split(":");
        const server = net.connect(Number(port), host, () => {
          client.write("HTTP/1.1 200 OK\r\n\r\n");
          client.pipe(server).pipe(client);
        });
        for (const socket of [client, server]) {
          socket.on("error", () => undefined);
        }
      });
      return `http://127.0.0.1:${await listen(proxy)}`;
    }

    /** A proxy by SOCKS 5 (RFC 1928) that lets everybody in. */
    async function socksProxy(): Promise<string> {
      const proxy = net.createServer((client) => {
        client.on("error", () => undefined);
        client.once("data", () => {
          client.write(Buffer.from([5, 0]));
          client.once("data", (request) => {
            const isName = request[3] === 3;
            const end = isName ? 5 + (request[4] ?? 0) : 8;
            const host = isName
              ? request.subarray(5, end).toString()
              : [...request.subarray(4, end)].join(".");
            const port = request.readUInt16BE(end);
            passed.push(`${host}:${port}`);
            const server = net.connect(port, host, () => {
              client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
              client.pipe(server).pipe(client);
            });
            server.on("error", () => client.destroy());
          });
        });
      });
      return `socks5://127.0.0.1:${await listen(proxy)}`;
    }

    it("of SOCKS go to servers with and without TLS, whose names it looks up", async () => {
      const proxy = { "proxy-url": await socksProxy() };
      const server = plain.replace("127.0.0.1", "localhost");
      assert.equal((await ask({ server, ...proxy })).url, "/version");
      seen.length = 0;
      assert.equal((await ask(trusted(secure, proxy))).authorization, "Bearer t1");
      assert.deepEqual(passed, [server.slice(7), secure.slice(8)]);
    });

    it("of HTTP go to servers with TLS by a tunnel, and to others as they are", async () => {
      const proxy = { "proxy-url": await httpProxy() };
      assert.equal((await ask(trusted(secure, proxy))).authorization, "Bearer t1");
      seen.length = 0;
      await ask({ server: plain, ...proxy });
      assert.deepEqual(passed, [`CONNECT ${secure.slice(8)}`, `GET ${plain}/version`]);
    });

    it("of a kind that is not known are left out with a warning", async () => {
      for (const proxy of ["quic://user:hidden@127.0.0.1:1", "no address"]) {
        const [finding, ...more] = await findings(trusted(secure, { "proxy-url": proxy }));
        assert.equal(finding?.uncertain, true);
        assert.match(finding?.message ?? "", /is not asked: .*kubectl.*Not checked: namespaces/i);
        assert.doesNotMatch(finding?.message ?? "", /hidden/);
        assert.deepEqual(more, []);
      }
    });
  });

  it("are left out with a warning where the login program wants a terminal", async () => {
    const exec = { command: "login", interactiveMode: "Always" };
    const [finding] = await findings(trusted(secure), { exec });
    assert.equal(finding?.uncertain, true);
    assert.match(finding?.message ?? "", /login program login .* wants a terminal/);
  });

  it("are told to fail for a certificate, only as a warning where the machine's authorities count", async () => {
    const [open] = await findings({ server: secure });
    assert.match(
      open?.message ?? "",
      /certificate of the cluster .* is not trusted.*certificate-authority-data/,
    );
    assert.equal(open?.uncertain, true);
    const other = selfSigned(folder, "127.0.0.1").cert.toString("base64");
    const [closed] = await findings({ server: secure, "certificate-authority-data": other });
    assert.match(closed?.message ?? "", /is not trusted/);
    assert.equal(closed?.uncertain, undefined);
  });

  it("tell nothing of an answer that is none", async () => {
    const odd = http.createServer((_, response) => response.end("<p>hidden-secret</p>"));
    const [finding] = await findings({ server: `http://127.0.0.1:${await listen(odd)}` });
    assert.match(finding?.message ?? "", /what answers is no API server/);
    assert.doesNotMatch(finding?.message ?? "", /hidden/);
    const refusing = http.createServer((_, response) => {
      response.writeHead(403).end('{"message": "token=hidden-secret is not let in"}');
    });
    const server = `http://127.0.0.1:${await listen(refusing)}`;
    await assert.rejects(
      ask({ server }),
      (error) => error instanceof ApiError && !/hidden/.test(error.message),
    );
  });
});
