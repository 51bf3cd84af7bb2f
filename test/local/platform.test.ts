/** Decisions of the local platform that can be told without one. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import type { AddressInfo } from "node:net";
import * as net from "node:net";
import * as path from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { environment, exportLines, usesLocalPlatform } from "../../local/environment";
import { configFiles } from "../../local/node/configFiles";
import { removalCommands } from "../../local/node/network";
import { takenPorts, unsuitable } from "../../local/node/preflight";
import { readRecord, writeRecord } from "../../local/node/record";
import { SERVICES } from "../../local/node/services";
import { duration } from "../../shared/progress";
import { run, tryRun, waitFor } from "../../shared/run";
import { UserError } from "../../shared/userError";
import { temporaryFolder } from "../temporaryFolder";

describe("the choice between the local platform and a cluster of one's own", () => {
  const config = (registry: string) =>
    `config:\n  model-deployment:image:\n    registry: ${registry}\n`;

  it("is made by the registry in the stack's config", () => {
    assert.ok(usesLocalPlatform(config("localhost:5001")));
    assert.ok(usesLocalPlatform(config("localhost:5001/some/folder")));
    assert.ok(!usesLocalPlatform(config("ghcr.io/acme")));
    assert.ok(!usesLocalPlatform(config("localhost:50010")));
    assert.ok(!usesLocalPlatform("config: {}\n"));
    assert.ok(!usesLocalPlatform(""));
  });

  it("leaves kube context and Pulumi backend alone for the latter", () => {
    const own = environment(false);
    assert.equal(own.KUBECONFIG, undefined);
    assert.equal(own.PULUMI_BACKEND_URL, undefined);
    assert.match(environment(true).KUBECONFIG ?? "", /model-deployment/);
  });

  it("is told to a shell in a form that it reads back unchanged", async () => {
    const value = `it's "quoted" $HOME \`x\``;
    const printed = await run("sh", ["-c", `${exportLines({ VALUE: value })}\nprintf %s "$VALUE"`]);
    assert.equal(printed, value);
  });
});

describe("the machine's suitability", () => {
  it("is denied off Linux and without root, with the reason", () => {
    assert.deepEqual(unsuitable("linux", 0), []);
    assert.match(unsuitable("darwin", 0).join(), /needs Linux \(found darwin\)/);
    assert.match(unsuitable("linux", 1000).join(), /needs root.*found user 1000/);
  });

  it("is denied while somebody listens on a port, which is named", async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      assert.deepEqual(await takenPorts({ ingress: { host: "127.0.0.1", port } }), [
        `ingress 127.0.0.1:${port}`,
      ]);
    } finally {
      server.close();
    }
    // An address this machine does not have cannot be taken.
    assert.deepEqual(await takenPorts({ dns: { host: "10.213.255.254", port: 53 } }), []);
  });
});

describe("the removal of firewall rules", () => {
  const listing = [
    "-P INPUT ACCEPT",
    "-N DOCKER",
    "-N KUBE-SERVICES",
    "-N KUBE-SEP-1",
    "-N CNI-other",
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    "-A PREROUTING -j DOCKER",
    "-A POSTROUTING -j CNI-other",
    '-A KUBE-SERVICES -m comment --comment "a b" -j KUBE-SEP-1',
  ];

  it("takes out jumps first, then rules, then chains", () => {
    assert.deepEqual(removalCommands(listing, ["CNI-other"]), [
      [
        "-D",
        "PREROUTING",
        "-m",
        "comment",
        "--comment",
        "kubernetes service portals",
        "-j",
        "KUBE-SERVICES",
      ],
      ["-F", "KUBE-SERVICES"],
      ["-F", "KUBE-SEP-1"],
      ["-X", "KUBE-SERVICES"],
      ["-X", "KUBE-SEP-1"],
    ]);
  });

  it("leaves alone what was there before and what is not Kubernetes'", () => {
    const words = removalCommands(listing, ["CNI-other"]).flat();
    assert.ok(!words.includes("CNI-other"));
    assert.ok(!words.includes("DOCKER"));
    assert.deepEqual(removalCommands(["-P INPUT ACCEPT", "-A INPUT -j ACCEPT"], []), []);
  });
});

describe("a record of the machine", () => {
  const file = path.join(temporaryFolder("record"), "before.json");

  it("is read as it was written, and is none if its writing was cut off", () => {
    fs.writeFileSync(`${file}.partial`, "{");
    assert.equal(readRecord(file), undefined);
    writeRecord(file, ["/run/containerd"]);
    assert.deepEqual(readRecord(file), ["/run/containerd"]);
  });
});

describe("the configuration files of the node", () => {
  const files = configFiles({
    searchPath: "/some/100%/bin:/usr/bin",
    cniPlugins: "/some/cni",
    kubernetes: "v1.2.3",
  });

  it("are YAML and JSON where they say so", () => {
    for (const [name, content] of Object.entries(files)) {
      if (name.endsWith(".yaml")) {
        assert.deepEqual(
          parseAllDocuments(content).flatMap((document) => document.errors),
          [],
          name,
        );
      }
    }
    assert.equal(
      (parse(files["kubelet.yaml"] ?? "") as { kind: string }).kind,
      "KubeletConfiguration",
    );
    assert.equal(
      (JSON.parse(files["cni/10-bridge.conflist"] ?? "") as { name: string }).name,
      "model-deployment",
    );
  });

  it("run every process, with the escape character of supervisord escaped", () => {
    const programs = files["supervisord.conf"]?.match(/^\[program:.*\]$/gm) ?? [];
    assert.equal(programs.length, SERVICES.length);
    assert.ok(files["supervisord.conf"]?.includes("/some/100%%/bin"));
  });
});

describe("running a program", () => {
  it("fails with the command, its exit code and what it printed", async () => {
    await assert.rejects(run("sh", ["-c", "echo why >&2; exit 3"]), /exit 3\nended with 3:\nwhy/);
  });

  it("is bounded in time", async () => {
    const { code } = await tryRun("sleep", ["30"], { timeout: 100 });
    assert.equal(code, null);
  });

  it("gives up waiting for what does not come", async () => {
    assert.equal(await waitFor(async () => false, 50, 10), false);
    assert.equal(await waitFor(async () => true, 50, 10), true);
  });
});

describe("messages", () => {
  it("say durations as people do", () => {
    assert.equal(duration(4_400), "4 s");
    assert.equal(duration(125_000), "2 min 5 s");
  });

  it("end with what to do next", () => {
    assert.match(new UserError("a problem", "a remedy").message, /a problem\n.*a remedy/);
  });
});
