/** What a cluster was seen to serve. */
export interface ClusterFinding {
  /** What was seen, for people. */
  facts: string[];
  problems: string[];
  /** Set if the cluster could not be asked. */
  unreachable?: string;
}
