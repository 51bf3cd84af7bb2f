/** The public face of the package: what another program imports. */
export type { Builder, RegistryCredentials } from "./arguments/builder";
export type { IngressArgs } from "./arguments/ingress";
export type {
  ModelDeploymentArgs,
  ModelImageArgs,
  ReleaseOptions,
} from "./arguments/modelDeployment";
export type { ModelSource } from "./arguments/source";
export { ConfigError } from "./config/configError";
export { readStackConfig } from "./config/read";
export type { ConfiguredModel, StackConfig } from "./config/resolve";
export { ServingImage, type ServingImageArgs } from "./image/servingImage";
export { type ModelFile, type ModelFormat, readModelFile } from "./model/file";
export type { FolderFile, ModelFolder } from "./model/folder";
export { type LocalModel, readModel } from "./model/localModel";
export type { OwnBuild } from "./model/ownServer";
export type { ModelPlan, PlannedImage } from "./model/plan";
export type { PlannedSource } from "./model/source";
export { type DeployedModel, ModelDeployment, type PlannedModelArgs } from "./modelDeployment";
export { preflight } from "./preflight";
export type { KeyPath, Problem } from "./problems/problem";
export { createNamespaces } from "./release/namespaces";
