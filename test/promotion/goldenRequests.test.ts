import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { askGolden } from "../../promotion/goldenRequests";
import type { Pod } from "../../promotion/pods";
import type { OwnServer, ServedModel } from "../../promotion/servedModel";

const form = { path: "/predict", body: '{"features": $features}', answer: "prediction" };
const golden = { features: [[1], [2]], predictions: [2, 4] };
const pod = (name: string): Pod => ({
  metadata: { name, creationTimestamp: "" },
  spec: {
    containers: [
      { name: "server", image: "churn", ports: [{ name: "http", containerPort: 8000 }] },
    ],
  },
  status: {},
});

describe("the golden requests of a server of somebody's own", () => {
  // A test may ask more than once, each time another one.
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  /** Asks two pods through a server in place of the API's, which answers by path. */
  async function ask(
    answer: (path: string, features: number[]) => [status: number, body: unknown],
    more: Partial<OwnServer> & { ingress?: boolean; unreadable?: boolean } = {},
  ) {
    const listening = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        assert.equal(request.headers["content-type"], "application/json");
        const { features } = JSON.parse(Buffer.concat(chunks).toString());
        const [status, body] = answer(request.url ?? "", features);
        response.writeHead(status).end(JSON.stringify(body));
      });
    });
    servers.push(listening);
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    const { ingress, unreadable, ...changes } = more;
    const served = {
      namespace: "models",
      ingressUrl: ingress ? `${url}/outside/` : undefined,
      ownServer: { ...form, golden: { configMap: "churn-golden", key: "golden.json" }, ...changes },
    } as ServedModel & { ownServer: OwnServer };
    let closed = false;
    const finding = await askGolden(served, [pod("churn-a"), pod("churn-b")], {
      kubectl: async (...args) => {
        assert.deepEqual(args.slice(0, 3), ["get", "configmap", "churn-golden"]);
        const data = { "golden.json": JSON.stringify(golden) };
        return unreadable
          ? { stdout: "", error: "forbidden" }
          : { stdout: JSON.stringify({ data }) };
      },
      proxy: async () => ({
        url,
        close: () => {
          closed = true;
        },
      }),
    });
    assert.equal(closed, unreadable !== true);
    return JSON.parse(JSON.stringify(finding).replaceAll(url, "URL")) as typeof finding;
  }

  it("are sent to each pod", async () => {
    const paths = new Set<string>();
    const finding = await ask((path, [x = 0]) => {
      paths.add(path);
      return [200, { prediction: 2 * x }];
    });
    assert.deepEqual(finding, {
      facts: ["2 pods asked: each answers 2 golden requests as expected"],
      problems: [],
    });
    const base = "/api/v1/namespaces/models/pods";
    assert.deepEqual(
      [...paths].sort(),
      ["a", "b"].map((name) => `${base}/churn-${name}:8000/proxy/predict`),
    );
  });

  it("tell which pod answers otherwise, and how", async () => {
    const { facts, problems } = await ask((path, [x = 0]) => [
      200,
      { prediction: path.includes("churn-b") ? 7 : 2 * x },
    ]);
    assert.deepEqual(facts, []);
    assert.deepEqual(problems, [
      'churn-b: golden request 0 is answered with 200 {"prediction":7}; expected the prediction 2',
    ]);
  });

  it("go to the ingress, where this account may not ask the pods", async () => {
    const answer = (path: string, [x = 0]: number[]): [number, unknown] =>
      path === "/outside/predict"
        ? [200, { prediction: 2 * x }]
        : [403, { kind: "Status", reason: "Forbidden" }];
    assert.deepEqual(await ask(answer, { ingress: true }), {
      facts: ["URL/outside/ answers golden requests as expected"],
      problems: [],
    });
    const { problems } = await ask(answer);
    assert.match(problems.join("\n"), /may not be asked .* the right to create pods\/proxy/);
  });

  it("are a problem if they cannot be read", async () => {
    const { problems } = await ask(() => [200, {}], { unreadable: true });
    assert.deepEqual(problems, ["its golden requests cannot be read: forbidden"]);
  });
});
