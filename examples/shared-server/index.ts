import * as pulumi from "@pulumi/pulumi";
import { ModelDeployment, ServingImage } from "model-deployment";

/** What is deployed. A new version of a model is one line here: no image is built for it. */
const versions = { diabetes: "1.0.0", iris: "1.0.0", wine: "1.0.0" };

const namespace = new pulumi.Config().require("namespace");
const image = {
  repository: "localhost:5001/shared-server/model-server",
  builder: "docker-build" as const,
  baseImage: "localhost:5001/base/python:3.13",
};
const server = new ServingImage("model-server", image);

export const urls = Object.fromEntries(
  Object.entries(versions).map(([name, version]) => {
    const model = new ModelDeployment(name, {
      version,
      source: { configMap: { path: `../../models/${name}/${version}/model.pkl` } },
      image,
      server,
      namespace,
      resources: { requests: { cpu: "20m", memory: "64Mi" } },
      ingress: { hosts: [{ host: `${name}.shared-server.localhost` }], port: 8080 },
    });
    return [name, model.ingressUrl];
  }),
);
export const imageOfAll = server.reference;
