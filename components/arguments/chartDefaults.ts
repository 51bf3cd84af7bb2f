// Generated from chart/values.yaml by `npm run chart:generate`. Do not edit: edit chart/values.yaml.
export const chartDefaults = {
  replicaCount: 1,
  service: { port: 80 },
  ingress: { className: "nginx" },
} as const;
