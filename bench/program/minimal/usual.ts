// The same with the import that most programs have.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const namespace = config.require("namespace");
const releases = config.requireObject<Record<string, object>>("releases");
for (const [name, values] of Object.entries(releases)) {
  new k8s.helm.v3.Release(name, { name, namespace, chart: "./chart", values });
}
