// Deploys the sample model: `pulumi package add ../../provider`, then `pulumi up`.
import * as models from "@pulumi/model-deployment";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const name = "breast-cancer";

const deployment = new models.ModelDeployment(name, {
  version: "1.0.0",
  source: { image: { path: `../../models/${name}/1.0.0/model.pkl` } },
  image: {
    repository: `localhost:5001/typescript/${name}`,
    builder: "docker-build",
    baseImage: "localhost:5001/base/python:3.13",
  },
  namespace: config.require("namespace"),
  ingress: { hosts: [{ host: `${name}.typescript.localhost` }], port: 8080 },
});

export const { ingressUrl: url, image, model } = deployment;
