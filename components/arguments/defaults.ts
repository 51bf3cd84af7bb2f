import { chartDefaults } from "./chartDefaults";

/**
 * What a deployment gets when nothing else is said. The component, the stack config and
 * `Pulumi.yaml` all take their defaults from here (a test holds `Pulumi.yaml` to it).
 */
export const defaults = {
  namespace: "default",
  replicas: chartDefaults.replicaCount,
  image: {
    builder: "docker",
    // Fixed, not the host's own: the `docker` provider would otherwise write the architecture of
    // whichever machine runs Pulumi into the state, and a laptop and a CI runner undo each other.
    platform: "linux/amd64",
    timeout: 1800,
    // Of the public Python slim image that serving/Dockerfile names.
    python: "3.13",
  },
  ingress: {
    className: chartDefaults.ingress.className,
    path: "/",
    pathType: "Prefix",
  },
  release: {
    atomic: true,
    timeout: 300,
    maxHistory: 10,
  },
  service: {
    port: chartDefaults.service.port,
  },
} as const;
