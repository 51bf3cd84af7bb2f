import type { ChartValues } from "./chartValues";

type Chart = NonNullable<ChartValues["ingress"]>;
type Host = NonNullable<Chart["hosts"]>[number];
type Path = NonNullable<Host["paths"]>[number];

/** How clients outside the cluster reach a model. The shape is the chart's, so that of most charts. */
export interface IngressArgs extends Omit<Chart, "enabled" | "hosts"> {
  /** Default: true if there are hosts. */
  enabled?: boolean;
  /** Each host with the paths that lead to the model. Default paths: everything. */
  hosts?: (Omit<Host, "paths"> & { paths?: Partial<Path>[] })[];
  /** Port on which clients reach the controller, for the URL only. Default: 443 with TLS, else 80. */
  port?: number;
}
