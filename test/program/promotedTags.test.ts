/** What a promotion does in a registry, in a real one. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { keep, type Move, proveImages } from "../../promotion/registry";
import { waitFor } from "../../shared/run";
import { freePort } from "../end-to-end/freePort";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";

const folder = temporaryFolder("promotion-registry");
const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const manifestType = "application/vnd.oci.image.manifest.v1+json";

interface Registry {
  process: ChildProcess;
  host: string;
}

async function start(readonly: boolean): Promise<Registry> {
  const host = `127.0.0.1:${await freePort()}`;
  const file = path.join(folder, `registry-${readonly}.yml`);
  const storage = {
    filesystem: { rootdirectory: path.join(folder, "images") },
    maintenance: { readonly: { enabled: readonly } },
  };
  fs.writeFileSync(file, JSON.stringify({ version: 0.1, storage, http: { addr: host } }));
  const process = spawn("docker-registry", ["serve", file], { stdio: "ignore" });
  const answers = () =>
    fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  assert.ok(await waitFor(answers, TIMEOUT_MS));
  return { process, host };
}

async function push(host: string, name: string, tag: string, content: string): Promise<string> {
  const upload = async (text: string) => {
    const begun = await fetch(`http://${host}/v2/${name}/blobs/uploads/`, { method: "POST" });
    const place = new URL(begun.headers.get("location") ?? "", `http://${host}`);
    place.searchParams.set("digest", sha256(text));
    assert.equal((await fetch(place, { method: "PUT", body: text })).status, 201);
    return { digest: sha256(text), size: text.length };
  };
  const config = JSON.stringify({
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [] },
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...(await upload(config)) },
    layers: [],
    annotations: { content },
  });
  const response = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
    method: "PUT",
    headers: { "content-type": manifestType },
    body: manifest,
  });
  assert.equal(response.status, 201, await response.text());
  return sha256(manifest);
}

async function digestsByTag(host: string, name: string): Promise<Record<string, string | null>> {
  const { tags } = (await (await fetch(`http://${host}/v2/${name}/tags/list`)).json()) as {
    tags: string[];
  };
  const found = tags.sort().map(async (tag) => {
    const response = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
      method: "HEAD",
      headers: { accept: manifestType },
    });
    return [tag, response.headers.get("docker-content-digest")] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

describe("what is promoted, in its registry", function () {
  this.timeout(TEST_TIMEOUT_MS);

  let registry: Registry;
  const variables = ["PATH", "BUILDX_CONFIG", "BUILDX_BUILDER"] as const;
  const saved = variables.map((name) => [name, process.env[name]] as const);
  before(async () => {
    const { PATH } = environment(false);
    Object.assign(process.env, { PATH, BUILDX_CONFIG: folder, BUILDX_BUILDER: "" });
    registry = await start(false);
  });
  after(() => {
    registry.process.kill();
    for (const [name, value] of saved) {
      if (value === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    }
  });

  const moveOf = (host: string, digest: string): Move => ({
    from: { repository: `${host}/wine`, tag: "2.0.0", digest },
    to: `${host}/wine`,
  });

  it("keeps a tag of its own when its tag goes to another build, however often it is promoted", async () => {
    const { host } = registry;
    const first = await push(host, "wine", "2.0.0", "first");
    const tag = `promoted-prod-2.0.0-${first.slice(7, 19)}`;
    for (let time = 0; time < 2; time++) {
      const said = await keep([moveOf(host, first)], "acme/models/prod", "2.0.0");
      assert.deepEqual(said, [`✓ ${host}/wine keeps it as ${tag}`]);
    }
    const second = await push(host, "wine", "2.0.0", "second");
    assert.deepEqual(await digestsByTag(host, "wine"), { "2.0.0": second, [tag]: first });
    assert.deepEqual(await proveImages([moveOf(host, first)]), [`${host}/wine has ${first}`]);
    const long = "9".repeat(120);
    const [said] = await keep([moveOf(host, second)], "prod", long);
    assert.ok(said?.endsWith(` keeps it as promoted-prod-${second.slice(7, 19)}`), said);
  });

  it("is promoted all the same where it may not be tagged, with what somebody else is to type", async () => {
    const digest = await push(registry.host, "wine", "3.0.0", "third");
    const readonly = await start(true);
    try {
      const move = moveOf(readonly.host, digest);
      const [said] = await keep([move], "prod", "3.0.0");
      assert.match(
        said ?? "",
        /^! \S+\/wine does not keep sha256:[0-9a-f]{64} by a tag of its own \(.+\)\. Have somebody who may push do it: .*buildx imagetools create --prefer-index=false --tag \S+\/wine:promoted-prod-3\.0\.0-[0-9a-f]{12} \S+\/wine@sha256:/,
      );
      assert.ok((await proveImages([move])).length === 1);
    } finally {
      readonly.process.kill();
    }
  });
});
