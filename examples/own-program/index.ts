import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ModelDeployment } from "model-deployment";

const config = new pulumi.Config();

// The cluster is an argument as for any other resource; what a component makes inherits it.
const provider = new kubernetes.Provider("cluster", {
  context: config.get("context") || undefined,
});

const namespace = new kubernetes.core.v1.Namespace(
  "screening",
  {
    metadata: {
      name: config.require("namespace"),
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    },
  },
  { provider },
);

const quota = new kubernetes.core.v1.ResourceQuota(
  "screening",
  {
    metadata: { name: "screening", namespace: namespace.metadata.name },
    spec: { hard: { "requests.cpu": "1", "requests.memory": "1Gi", pods: "10" } },
  },
  { provider },
);

const model = new ModelDeployment(
  "breast-cancer",
  {
    version: "1.0.0",
    source: { image: { path: "../../models/breast-cancer/1.0.0/model.pkl" } },
    image: {
      repository: "localhost:5001/own-program/breast-cancer",
      builder: "docker-build",
      baseImage: "localhost:5001/base/python:3.13",
    },
    namespace: namespace.metadata.name,
    resources: { requests: { cpu: "100m", memory: "128Mi" } },
    ingress: { hosts: [{ host: "breast-cancer.own-program.localhost" }], port: 8080 },
  },
  { providers: { kubernetes: provider }, dependsOn: quota },
);

/** What the team's applications read: where the model answers, and which one it is. */
const settings = new kubernetes.core.v1.ConfigMap(
  "screening",
  {
    metadata: { name: "screening", namespace: namespace.metadata.name },
    data: { MODEL_URL: model.url, MODEL_VERSION: model.model.version },
  },
  { provider },
);

export const url = model.ingressUrl;
export const configMap = settings.metadata.name;
