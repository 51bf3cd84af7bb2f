// The least that deploys the same chart with the same values: what the program is compared with.
import * as fs from "node:fs";
import { Release } from "@pulumi/kubernetes/helm/v3/release";
import * as pulumi from "@pulumi/pulumi";

const namespace = new pulumi.Config().require("namespace");
const releases = JSON.parse(fs.readFileSync("releases.json", "utf8")) as Record<string, object>;
for (const [name, values] of Object.entries(releases)) {
  new Release(name, { name, namespace, chart: "./chart", values });
}
