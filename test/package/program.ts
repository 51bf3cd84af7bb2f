// A program of somebody who has installed the package.
import {
  ConfigError,
  createNamespaces,
  ModelDeployment,
  type ModelDeploymentArgs,
  preflight,
  readStackConfig,
  ServingImage,
  type StackConfig,
} from "model-deployment";

const image = {
  repository: "localhost:5001/package/model-server",
  builder: "docker-build" as const,
};
const source = { configMap: { path: "models/iris/1.0.0/model.json" } };
const args: ModelDeploymentArgs = { version: "1.0.0", source, image, namespace: "default" };

// @ts-expect-error: a version is text
export const wrong: ModelDeploymentArgs = { ...args, version: 1 };
// @ts-expect-error: nobody knows this key
export const unknown: ModelDeploymentArgs = { ...args, replica: 2 };

export const server = new ServingImage("model-server", image);
export const iris = new ModelDeployment("iris", { ...args, server });
export const url: typeof iris.url = iris.url;
export const fromConfig: () => StackConfig = readStackConfig;
export const others = [ConfigError, createNamespaces, preflight];
