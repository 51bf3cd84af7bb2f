import { createNamespaces, ModelDeployment, readStackConfig, ServingImage } from "./components";

const config = readStackConfig();
const dependsOn = createNamespaces(config.namespaces);
const servers = new Map(
  Object.entries(config.servers).map(([name, args]) => [name, new ServingImage(name, args)]),
);

/** What is deployed, by model: `pulumi stack output models`. */
export const models = Object.fromEntries(
  config.models.map(({ name, args, server }) => {
    const shared = server === undefined ? undefined : servers.get(server);
    const deployment = new ModelDeployment(name, { ...args, server: shared }, { dependsOn });
    const { releaseName, namespace, image, model, url, ingressUrl } = deployment;
    return [name, { releaseName, namespace, image, model, url, ingressUrl }];
  }),
);
