/** The public face of the package: what another program imports. */
export type { Builder, RegistryCredentials } from "./image/builders";
export { ConfigError, type KeyPath, type Problem } from "./config/problems";
export { readStackConfig } from "./config/read";
export type { ConfiguredModel, StackConfig } from "./config/resolve";
export type { IngressArgs } from "./release/ingress";
export {
  type DeployedModel,
  ModelDeployment,
  type ModelDeploymentArgs,
  type ModelImageArgs,
  type ReleaseOptions,
} from "./modelDeployment";
export { type ModelFile, type ModelFormat, readModelFile } from "./model/file";
export type { ModelSource } from "./model/source";
export { createNamespaces } from "./release/namespaces";
export { preflight } from "./preflight";
export { ServingImage, type ServingImageArgs } from "./image/servingImage";
