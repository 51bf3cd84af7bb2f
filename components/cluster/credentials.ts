/** How an account shows who it is. */
export interface Credentials {
  authorization?: string;
  /** Further headers: as whom to act. */
  headers?: Record<string, string | string[]>;
  cert?: string | Buffer;
  key?: string | Buffer;
}
