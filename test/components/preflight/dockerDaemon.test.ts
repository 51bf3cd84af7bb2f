import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { checkDockerDaemon } from "../../../components/preflight/dockerDaemon";
import { temporaryFolder } from "../../temporaryFolder";

const folder = temporaryFolder("docker-daemon");

describe("the Docker daemon", () => {
  const servers: http.Server[] = [];

  async function daemon(status: number): Promise<string> {
    const server = http.createServer((request, response) => {
      response.writeHead(request.url === "/_ping" ? status : 404).end("OK");
    });
    servers.push(server);
    const socket = path.join(folder, `${servers.length}.sock`);
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    return `unix://${socket}`;
  }

  after(() => {
    for (const server of servers) {
      server.close();
    }
  });

  it("is fine when it answers", async () => {
    assert.deepEqual(await checkDockerDaemon(await daemon(200)), []);
  });

  it("is named with what to do when there is none", async () => {
    const [finding, ...more] = await checkDockerDaemon(`unix://${folder}/none.sock`);
    assert.match(
      finding?.message ?? "",
      /does not answer at .*none\.sock \(.*ENOENT.*\): start it, .*DOCKER_HOST.*docker-build$/,
    );
    assert.equal(finding?.uncertain, undefined);
    assert.deepEqual(more, []);
  });

  it("is named when its socket is left over, or answers with an error", async () => {
    const leftOver = path.join(folder, "left-over.sock");
    fs.writeFileSync(leftOver, "");
    assert.match((await checkDockerDaemon(`unix://${leftOver}`))[0]?.message ?? "", /ECONNREFUSED/);
    assert.match((await checkDockerDaemon(await daemon(503)))[0]?.message ?? "", /it says 503/);
  });

  it("is not asked on another host, which may want certificates or SSH", async () => {
    for (const host of ["ssh://builder", "tcp://127.0.0.1:1"]) {
      assert.deepEqual(await checkDockerDaemon(host), []);
    }
  });
});
