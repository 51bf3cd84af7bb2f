/** The public face of the package: what another program imports. */
export type { Builder, RegistryCredentials } from "./builders";
export { ConfigError, type KeyPath, type Problem } from "./config/problems";
export { readStackConfig } from "./config/read";
export type { ConfiguredModel, StackConfig } from "./config/resolve";
export type { IngressArgs } from "./ingress";
export {
  type DeployedModel,
  ModelDeployment,
  type ModelDeploymentArgs,
  type ModelImageArgs,
  type ReleaseOptions,
} from "./modelDeployment";
export { type ModelFile, type ModelFormat, readModelFile } from "./modelFile";
export type { ModelSource } from "./modelSource";
export { createNamespaces } from "./namespaces";
export { preflight } from "./preflight";
export { ServingImage, type ServingImageArgs } from "./servingImage";
