/** What `make up` prints at its end, typed as it stands there. */
import * as assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { type DeployedModel, nextSteps } from "../../local/stack";
import type { Golden } from "../../shared/golden";
import { run } from "../../shared/run";

describe("the commands that `make up` prints", () => {
  let server: http.Server;
  let port: number;
  const asked: { host?: string; body: unknown }[] = [];

  before((done) => {
    server = http.createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        const { host } = request.headers;
        asked.push({ host, body: JSON.parse(body) });
        // As the ingress: by the name of the host.
        const isModel = host === `wine.localhost:${port}` && request.url === "/predict";
        response.writeHead(isModel ? 200 : 404).end(isModel ? '{"prediction":1}' : "");
      });
    });
    server.listen(0, "127.0.0.1", () => {
      port = (server.address() as AddressInfo).port;
      done();
    });
  });
  after((done) => {
    server.close(done);
  });

  const golden: Golden = { features: [[1, 2.5]], predictions: [1] };
  const model = (ingressUrl: string): DeployedModel => ({
    releaseName: "wine",
    namespace: "models",
    image: "localhost:5001/wine:1.0.0@sha256:0",
    model: { name: "wine", version: "1.0.0", sha256: "0" },
    url: "http://wine.models.svc",
    ingressUrl,
  });

  for (const program of ["curl", "python3"]) {
    it(`get a prediction with ${program}, whoever knows the name of the host`, async () => {
      const printed = nextSteps(model(`http://wine.localhost:${port}/`), golden);
      const start = printed.indexOf(`  ${program} `);
      const command = new RegExp(`${program} [\\s\\S]*?'\\n(?! *b|h)`).exec(
        printed.slice(start),
      )?.[0];
      assert.ok(command, printed);
      assert.match(await run("bash", ["-c", command]), /^\{"prediction":1\}\n?$/);
      assert.deepEqual(asked.at(-1), {
        host: `wine.localhost:${port}`,
        body: { features: [1, 2.5] },
      });
    });
  }

  it("name a public host as it is", () => {
    const printed = nextSteps(model("https://wine.example.com/"), golden);
    assert.match(printed, /r\.Request\("https:\/\/wine\.example\.com\/predict", /);
    assert.doesNotMatch(printed, /127\.0\.0\.1|"host"/);
  });
});
