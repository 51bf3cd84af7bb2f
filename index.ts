import { createNamespaces, ModelDeployment, readStackConfig } from "./components";

const config = readStackConfig();
const dependsOn = createNamespaces(config.namespaces);

/** What is deployed, by model: `pulumi stack output models`. */
export const models = Object.fromEntries(
  config.models.map(({ name, args }) => {
    const deployment = new ModelDeployment(name, args, { dependsOn });
    const { releaseName, namespace, image, model, url, ingressUrl } = deployment;
    return [name, { releaseName, namespace, image, model, url, ingressUrl }];
  }),
);
