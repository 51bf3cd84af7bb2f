// The least that deploys the same chart with the same values: what the program is compared with.
import { Release } from "@pulumi/kubernetes/helm/v3/release";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const namespace = config.require("namespace");
for (const [name, values] of Object.entries(
  config.requireObject<Record<string, object>>("releases"),
)) {
  new Release(name, { name, namespace, chart: "./chart", values });
}
