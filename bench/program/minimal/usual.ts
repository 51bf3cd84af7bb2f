// The same with the import that most programs have.
import * as fs from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const namespace = new pulumi.Config().require("namespace");
const releases = JSON.parse(fs.readFileSync("releases.json", "utf8")) as Record<string, object>;
for (const [name, values] of Object.entries(releases)) {
  new k8s.helm.v3.Release(name, { name, namespace, chart: "./chart", values });
}
