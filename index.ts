import { createNamespaces, ModelDeployment, readStackConfig, ServingImage } from "./components";

const config = readStackConfig();
const dependsOn = createNamespaces(config.namespaces);
const images = new Map(
  Object.entries(config.images).map(([name, args]) => [name, new ServingImage(name, args)]),
);

/** What is deployed, by model: `pulumi stack output models`. */
export const models = Object.fromEntries(
  config.models.map(({ name, args, server = "", fetcher = "" }) => {
    const shared = { server: images.get(server), fetcher: images.get(fetcher) };
    const deployment = new ModelDeployment(name, { ...args, ...shared }, { dependsOn });
    const { releaseName, namespace, image, model, url, ingressUrl } = deployment;
    return [name, { releaseName, namespace, image, model, url, ingressUrl }];
  }),
);
