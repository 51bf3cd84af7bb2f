import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { type Access, findAccess, NoAccess } from "../../../components/cluster/kubeconfig";
import { temporaryFolder } from "../../temporaryFolder";

const folder = temporaryFolder("kubeconfig");

function write(name: string, content: unknown, mode = 0o600): string {
  const file = path.join(folder, name);
  const text = typeof content === "string" ? content : JSON.stringify(content);
  fs.writeFileSync(file, text, { mode });
  return file;
}

function config(user: object = { token: "t1" }, cluster: object = {}) {
  return {
    "current-context": "dev",
    contexts: [
      { name: "dev", context: { cluster: "one", user: "me" } },
      { name: "prod", context: { cluster: "two", user: "me" } },
    ],
    clusters: [
      { name: "one", cluster: { server: "https://one:6443/", ...cluster } },
      { name: "two", cluster: { server: "https://two:6443" } },
    ],
    users: [{ name: "me", user }],
  };
}

/** The access that KUBECONFIG gives. */
function accessBy(...files: string[]): Access {
  return findAccess({}, { KUBECONFIG: files.join(path.delimiter) });
}

describe("the access to the cluster", () => {
  it("is that of the current context, with the cluster's certificates", async () => {
    const data = Buffer.from("authority").toString("base64");
    const access = accessBy(
      write("current", config({ token: "t1" }, { "certificate-authority-data": data })),
    );
    assert.deepEqual([access.server, access.context], ["https://one:6443", "dev"]);
    assert.equal(String(access.ca), "authority");
    assert.equal((await access.credentials()).authorization, "Bearer t1");
  });

  it("is that of the context and cluster the provider's config names", () => {
    const KUBECONFIG = write("named", config());
    assert.equal(findAccess({ context: "prod" }, { KUBECONFIG }).server, "https://two:6443");
    assert.equal(findAccess({ cluster: "two" }, { KUBECONFIG }).server, "https://two:6443");
  });

  it("is that of a kubeconfig in the provider's config, as a path or as content", () => {
    const KUBECONFIG = write("other", { ...config(), "current-context": "prod" });
    const content = JSON.stringify(config());
    for (const kubeconfig of [content, write("path", content)]) {
      assert.equal(findAccess({ kubeconfig }, { KUBECONFIG }).context, "dev");
    }
  });

  it("is joined from several files, of which the first that says something wins", async () => {
    const context = write("context", { "current-context": "prod", users: null });
    const first = write("first", { users: [{ name: "me", user: { token: "first" } }] });
    const access = accessBy(path.join(folder, "missing"), context, first, write("all", config()));
    assert.equal(access.server, "https://two:6443");
    assert.equal((await access.credentials()).authorization, "Bearer first");
  });

  it("reads certificates and tokens from files beside the kubeconfig", async () => {
    write("client.crt", "certificate");
    write("client.key", "key");
    const token = write("token", "old\n");
    const access = accessBy(
      write(
        "files",
        config({
          "client-certificate": "client.crt",
          "client-key": "client.key",
          tokenFile: token,
        }),
      ),
    );
    const { cert, key, authorization } = await access.credentials();
    assert.deepEqual([cert, key].map(String), ["certificate", "key"]);
    assert.equal(authorization, "Bearer old");
    write("token", "new\n");
    assert.equal((await access.credentials()).authorization, "Bearer new");
  });

  it("knows basic logins", async () => {
    const access = accessBy(write("basic", config({ username: "me", password: "pass" })));
    assert.equal((await access.credentials()).authorization, "Basic bWU6cGFzcw==");
  });

  it("asks the login program of a cloud, and again when the login has expired", async () => {
    const count = path.join(folder, "count");
    write(
      "login",
      `#!/bin/sh
echo x >> "${count}"
echo "{\\"status\\": {\\"token\\": \\"$PREFIX$1\\", \\"expirationTimestamp\\": \\"$2\\"}}"
`,
      0o700,
    );
    const times = async (expires: string) => {
      fs.writeFileSync(count, "");
      const exec = {
        apiVersion: "client.authentication.k8s.io/v1",
        command: "./login",
        args: ["token", expires],
        env: [{ name: "PREFIX", value: "a-" }],
      };
      const access = accessBy(write("exec", config({ exec })));
      assert.equal((await access.credentials()).authorization, "Bearer a-token");
      assert.equal((await access.credentials()).authorization, "Bearer a-token");
      return fs.readFileSync(count, "utf8").length / 2;
    };
    assert.equal(await times("2999-01-01T00:00:00Z"), 1);
    assert.equal(await times("2020-01-01T00:00:00Z"), 2);
  });

  it("tells of a login program that fails neither what it printed nor its arguments", async () => {
    const exec = { command: "sh", args: ["-c", "echo s3cret; echo s3cret >&2; exit 3"] };
    const access = accessBy(write("failing", config({ exec })));
    await assert.rejects(access.credentials(), (error: Error) => {
      assert.equal(error.message, "the login program sh of the kubeconfig ended with 3");
      return true;
    });
  });

  const missing: [what: string, content: unknown, message: RegExp][] = [
    ["is no YAML", "token: [s3cret", /^the kubeconfig is no YAML mapping$/],
    ["has no current context", {}, /has no current context/],
    ["lacks its context", { "current-context": "x" }, /has no context x/],
    ["lacks its cluster", { ...config(), clusters: [] }, /has no cluster one with a server/],
    ["has a login of old", config({ "auth-provider": { name: "gcp" } }), /auth-provider gcp/],
  ];
  for (const [what, content, message] of missing) {
    it(`is refused with a reason if the kubeconfig ${what}`, () => {
      assert.throws(
        () => accessBy(write("bad", content)),
        (error: Error) => error instanceof NoAccess && message.test(error.message),
      );
    });
  }

  it("is missing where there is no kubeconfig", () => {
    assert.throws(
      () => accessBy(path.join(folder, "nowhere")),
      /there is no kubeconfig: .*nowhere/,
    );
  });
});
