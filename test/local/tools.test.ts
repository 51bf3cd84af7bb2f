/** Where the tools come from: PATH, the vendor's site or a build. */
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { buildTools, cacheKey } from "../../local/tools/build";
import { TOOL_GROUPS, type VendorDownload } from "../../local/tools/catalogue";
import {
  committedChecksums,
  downloadTools,
  downloadUrl,
  goPlatform,
  hasChecksums,
  isReachable,
  mergedChecksums,
  trustOfUser,
  vendorChecksums,
} from "../../local/tools/download";
import { KUBERNETES_GROUPS, kubernetesGroup } from "../../local/tools/kubernetesGroup";
import { executablesOnPath, findOnPath, printsAcceptedVersion } from "../../local/tools/onPath";
import { run } from "../../shared/run";
import { temporaryFolder } from "../temporaryFolder";

const TOOLS = path.join(__dirname, "..", "..", "local", "tools");

const root = temporaryFolder("tools");

function newFolder(): string {
  return fs.mkdtempSync(path.join(root, "folder-"));
}

function writeScript(folder: string, name: string, line: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return file;
}

describe("the catalogue of tools", () => {
  for (const group of TOOL_GROUPS) {
    it(`pins ${group.name} to the version in its go.mod`, () => {
      const folder = path.join(TOOLS, group.modules ?? group.name);
      const goMod = fs.readFileSync(path.join(folder, "go.mod"), "utf8");
      assert.ok(goMod.includes(`${group.module} ${group.version}`), goMod.slice(0, 400));
      assert.ok(fs.existsSync(path.join(folder, "go.sum")));
    });
  }

  it("builds helm from the modules of the provider, which has compiled most of them", () => {
    const modules = (name: string) =>
      fs
        .readFileSync(path.join(TOOLS, name, "go.mod"), "utf8")
        .replace(/^module .*\n(\/\/.*\n)*/, "");
    assert.equal(modules("helm"), modules("pulumi-kubernetes"));
    const names = TOOL_GROUPS.map(({ name }) => name);
    assert.ok(names.indexOf("pulumi-kubernetes") < names.indexOf("helm"));
  });

  it("builds what shares a go.mod after the group whose it is", () => {
    const names = TOOL_GROUPS.map(({ name }) => name);
    for (const { name, modules } of TOOL_GROUPS) {
      if (modules !== undefined) {
        assert.ok(names.indexOf(modules) !== -1 && names.indexOf(modules) < names.indexOf(name));
      }
    }
  });

  it("has Helm 3 take the Kubernetes of its libraries for granted, as its official builds do", () => {
    const goMod = fs.readFileSync(path.join(TOOLS, "helm", "go.mod"), "utf8");
    const [, minor] = /k8s\.io\/client-go v0\.(\d+)\./.exec(goMod) ?? [];
    const helm = TOOL_GROUPS.find(({ name }) => name === "helm");
    assert.equal(helm?.linkVariables?.["helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor"], minor);
  });

  it("pins the providers to the versions of their npm packages", () => {
    const { devDependencies } = JSON.parse(
      fs.readFileSync(path.join(TOOLS, "..", "..", "package.json"), "utf8"),
    ) as { devDependencies: Record<string, string> };
    for (const { pulumiPlugin } of TOOL_GROUPS) {
      if (pulumiPlugin !== undefined) {
        assert.equal(`v${devDependencies[`@pulumi/${pulumiPlugin.name}`]}`, pulumiPlugin.version);
      }
    }
  });
});

describe("a tool on PATH", () => {
  it("is accepted in a version of the range only", () => {
    assert.ok(printsAcceptedVersion("v3.15.2+g1a2b3c", ">=3.14.0 <4"));
    assert.ok(
      printsAcceptedVersion("Client Version: v1.34.1\nKustomize Version: v5.7.1", "~1.34.0"),
    );
    assert.ok(!printsAcceptedVersion("v4.0.1", ">=3.14.0 <4"));
    assert.ok(!printsAcceptedVersion("no version at all", ">=0.0.0"));
  });

  it("is found behind one that is too old", async () => {
    const [old, good] = [newFolder(), newFolder()];
    writeScript(old, "some-tool", "echo v1.0.0");
    const expected = writeScript(good, "some-tool", "echo v2.1.0");
    const before = process.env.PATH;
    process.env.PATH = [old, good, before].join(path.delimiter);
    try {
      const binary = { package: "x", onPath: { args: [], accepts: ">=2.0.0" } };
      assert.equal(await findOnPath("some-tool", binary), expected);
      assert.equal(await findOnPath("some-other-tool", binary), undefined);
    } finally {
      process.env.PATH = before;
    }
  });

  it("may be called otherwise than here, in each version there is", async () => {
    const [helm3, helm4] = [newFolder(), newFolder()];
    const three = writeScript(helm3, "helm", "echo v3.18.6+gb76a950");
    const four = writeScript(helm4, "helm", "echo v4.3.2+g1a2b3c");
    const found = async (folder: string, name: string) => {
      const binary = TOOL_GROUPS.find((group) => group.name === name)?.binaries[name];
      assert.ok(binary);
      process.env.PATH = [folder, before].join(path.delimiter);
      return findOnPath(name, binary);
    };
    const before = process.env.PATH;
    try {
      assert.equal(await found(helm3, "helm"), three);
      assert.equal(await found(helm4, "helm"), four);
      assert.equal(await found(helm3, "helm3"), three);
      assert.equal(await found(helm4, "helm4"), four);
      assert.notEqual(await found(helm4, "helm3"), four);
      assert.notEqual(await found(helm3, "helm4"), three);
    } finally {
      process.env.PATH = before;
    }
  });

  it("must be an executable file", () => {
    const folder = newFolder();
    fs.writeFileSync(path.join(folder, "plain"), "", { mode: 0o644 });
    fs.mkdirSync(path.join(folder, "folder"));
    assert.deepEqual(executablesOnPath("plain", folder), []);
    assert.deepEqual(executablesOnPath("folder", folder), []);
  });
});

describe("the Kubernetes of the local platform", () => {
  it("is the newest, or the one that is named", () => {
    const versions = [...KUBERNETES_GROUPS.keys()];
    const names = versions.map((version) => kubernetesGroup(version).name);
    assert.deepEqual(names, ["kubernetes", "kubernetes-oldest"]);
    assert.equal(kubernetesGroup("").name, "kubernetes");
  });

  it("is refused with those there are if it is none of them", () => {
    assert.throws(() => kubernetesGroup("1.12"), /KUBERNETES=1\.12 is none of .*\n.*1\.37, 1\.34/);
  });
});

describe("a build's cache folder", () => {
  it("has another name if go.sum or a build setting changes", () => {
    const folder = newFolder();
    fs.writeFileSync(path.join(folder, "go.mod"), "module x\n");
    const [group] = TOOL_GROUPS;
    assert.ok(group);
    const first = cacheKey(group, folder);
    assert.equal(cacheKey(group, folder), first);
    assert.notEqual(cacheKey({ ...group, linkVariables: { a: "b" } }, folder), first);
    fs.writeFileSync(path.join(folder, "go.sum"), "x v1 h1:\n");
    assert.notEqual(cacheKey(group, folder), first);
  });
});

describe("a vendor's download", () => {
  let server: http.Server;
  let origin: string;
  const files = new Map<string, Buffer>();
  const asked: string[] = [];

  before((done) => {
    server = http.createServer((request, response) => {
      asked.push(request.url ?? "");
      const content = files.get(request.url ?? "");
      response.writeHead(content === undefined ? 404 : 200).end(content);
    });
    server.listen(0, "127.0.0.1", () => {
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });

  after((done) => {
    server.close(done);
  });

  function executable(checksum: string): VendorDownload {
    files.set("/tool", Buffer.from("#!/bin/sh\necho downloaded\n"));
    files.set("/tool.sha256", Buffer.from(`${checksum}  tool\n`));
    return {
      url: `${origin}/{binary}`,
      checksumUrl: `${origin}/{binary}.sha256`,
      kind: "executable",
    };
  }

  const content = "#!/bin/sh\necho downloaded\n";
  const sha256 = createHash("sha256").update(content).digest("hex");
  const other = "0".repeat(64);
  const said = { checksums: {}, unverified: true };
  const committed = (checksum: string) => ({
    checksums: { [`${origin}/tool`]: checksum },
    unverified: false,
  });

  it("can be run if its checksum is the one of this repository, whatever its vendor publishes", async () => {
    const folder = newFolder();
    await downloadTools(executable(other), ["tool"], folder, committed(sha256));
    assert.equal(await run(path.join(folder, "tool"), []), "downloaded\n");
  });

  it("is refused if its checksum here is another, even if its vendor publishes that and it may be unverified", async () => {
    for (const unverified of [false, true]) {
      await assert.rejects(
        downloadTools(executable(sha256), ["tool"], newFolder(), {
          ...committed(other),
          unverified,
        }),
        /\/tool has sha256 [0-9a-f]{64}, but local\/tools\/checksums\.json says 0{64}/,
      );
    }
  });

  it("is not even asked for without a checksum here", async () => {
    const vendor = executable(sha256);
    const folder = newFolder();
    asked.length = 0;
    await assert.rejects(
      downloadTools(vendor, ["tool"], folder, { checksums: {}, unverified: false }),
      /\/tool has no checksum in local\/tools\/checksums\.json/,
    );
    assert.deepEqual([asked, fs.readdirSync(folder)], [[], []]);
  });

  it("is taken without one if its user says so, unless its vendor publishes another", async () => {
    const folder = newFolder();
    await downloadTools(executable(sha256), ["tool"], folder, said);
    assert.equal(await run(path.join(folder, "tool"), []), "downloaded\n");
    await assert.rejects(
      downloadTools(executable(other), ["tool"], newFolder(), said),
      /\/tool has sha256 [0-9a-f]{64}, but its vendor publishes 0{64}/,
    );
  });

  it("needs a checksum for every file of a group, and one for an archive", () => {
    const vendor = executable(sha256);
    const { checksums } = committed(sha256);
    assert.ok(hasChecksums(vendor, ["tool"], checksums));
    assert.ok(!hasChecksums(vendor, ["tool", "another"], checksums));
    assert.ok(!hasChecksums({ ...vendor, url: `${origin}/2/{binary}` }, ["tool"], checksums));
    const archive: VendorDownload = { url: `${origin}/tool`, kind: "tar.gz" };
    assert.ok(hasChecksums(archive, ["tool", "another"], checksums));
  });

  it("is found at any depth of an archive", async () => {
    const source = newFolder();
    fs.mkdirSync(path.join(source, "vendor-1.0"));
    writeScript(path.join(source, "vendor-1.0"), "tool", "echo unpacked");
    await run("tar", ["-czf", path.join(source, "a.tar.gz"), "-C", source, "vendor-1.0"]);
    files.set("/a.tar.gz", fs.readFileSync(path.join(source, "a.tar.gz")));
    const folder = newFolder();
    await downloadTools({ url: `${origin}/a.tar.gz`, kind: "tar.gz" }, ["tool"], folder, said);
    assert.equal(await run(path.join(folder, "tool"), []), "unpacked\n");
    await assert.rejects(
      downloadTools({ url: `${origin}/a.tar.gz`, kind: "tar.gz" }, ["absent"], newFolder(), said),
      /holds no absent/,
    );
  });

  it("is written down for every platform that it is published for, if it is what is published", async () => {
    const platforms = [
      { os: "linux", arch: "amd64" },
      { os: "linux", arch: "arm64" },
      { os: "darwin", arch: "arm64" },
    ];
    const vendor: VendorDownload = {
      url: `${origin}/{os}/{arch}/{binary}`,
      checksumUrl: `${origin}/{os}/{arch}/{binary}.sha256`,
      kind: "executable",
      architectures: { amd64: "x64" },
    };
    for (const place of ["linux/x64", "linux/arm64"]) {
      files.set(`/${place}/tool`, Buffer.from(place));
      const checksum = createHash("sha256").update(place).digest("hex");
      files.set(`/${place}/tool.sha256`, Buffer.from(`${checksum}  tool\n`));
    }
    const folder = newFolder();
    const found = await vendorChecksums(vendor, ["tool"], platforms, folder);
    assert.deepEqual(found, {
      [`${origin}/linux/x64/tool`]: createHash("sha256").update("linux/x64").digest("hex"),
      [`${origin}/linux/arm64/tool`]: createHash("sha256").update("linux/arm64").digest("hex"),
    });
    assert.deepEqual(fs.readdirSync(folder), []);
    files.set("/linux/arm64/tool", Buffer.from("changed on the way"));
    await assert.rejects(
      vendorChecksums(vendor, ["tool"], platforms, folder),
      /linux\/arm64\/tool has sha256 [0-9a-f]{64}, but its vendor publishes/,
    );
  });

  it("never changes once it is written down", () => {
    const known = { "https://b/1": sha256 };
    const { text, added } = mergedChecksums(known, { "https://a/1": other, "https://b/1": sha256 });
    assert.equal(added, 1);
    assert.deepEqual(Object.entries(JSON.parse(text)), [
      ["https://a/1", other],
      ["https://b/1", sha256],
    ]);
    assert.throws(
      () => mergedChecksums(known, { "https://b/1": other }),
      /others than before, so nothing was written: https:\/\/b\/1/,
    );
    assert.throws(() => mergedChecksums(known, {}), /no vendor's site can be reached/);
  });

  it("is written down in the form of a checksum", () => {
    for (const [url, checksum] of Object.entries(committedChecksums)) {
      assert.match(url, /^https:\/\//);
      assert.match(checksum, /^[0-9a-f]{64}$/, url);
    }
  });

  it("may be unverified where a person is told of it, and not where nobody looks", () => {
    const asked: [NodeJS.ProcessEnv, boolean][] = [
      [{}, true],
      [{ CI: "false" }, true],
      [{ CI: "true" }, false],
      [{ CI: "1" }, false],
      [{ CI: "true", DOWNLOAD_UNVERIFIED: "1" }, true],
      [{ DOWNLOAD_UNVERIFIED: "0" }, false],
    ];
    for (const [environment, unverified] of asked) {
      assert.equal(trustOfUser(environment).unverified, unverified, JSON.stringify(environment));
    }
  });

  it("is built where it is not to be had, or what to do is said", async () => {
    const group = TOOL_GROUPS.find(({ name }) => name === "pulumi");
    const built = TOOL_GROUPS.find(({ name }) => name === "coredns");
    assert.ok(group && built);
    const before = process.env.PATH;
    process.env.PATH = newFolder();
    try {
      await assert.rejects(
        buildTools(group, newFolder(), newFolder(), newFolder()),
        /pulumi: not on PATH, .*\n.*install Go 1\.26 or later, or put the tool on PATH; or set DOWNLOAD_UNVERIFIED=1/,
      );
      await assert.rejects(
        buildTools(built, newFolder(), newFolder(), newFolder()),
        (error: Error) => !error.message.includes("DOWNLOAD_UNVERIFIED"),
      );
    } finally {
      process.env.PATH = before;
    }
  });

  it("names this machine in the vendor's words", () => {
    const { os: system, arch } = goPlatform();
    const vendor: VendorDownload = {
      url: "x",
      kind: "tar.gz",
      architectures: { [arch]: "their-name" },
    };
    assert.equal(downloadUrl(vendor, "{os}/{arch}/{binary}", "tool"), `${system}/their-name/tool`);
  });

  it("counts as out of reach if the site refuses or does not answer", async () => {
    files.set("/there", Buffer.from("x"));
    assert.ok(await isReachable(`${origin}/there`));
    assert.ok(!(await isReachable(`${origin}/not-there`)));
    assert.ok(!(await isReachable("http://127.0.0.1:1/")));
  });
});
