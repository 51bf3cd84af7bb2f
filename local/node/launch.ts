/** Starts and stops the node's processes as one unit. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../errors";
import { tryRun, waitFor } from "../run";
import { CONFIG_DIR, LOG_DIR, RUN_DIR, STATE_DIR, SUPERVISOR_SOCKET } from "../settings";

/** Folders that must exist to be mounted over; those we had to make are removed again. */
const MOUNT_POINTS = ["/run/containerd", "/var/lib/cni"];
const madeFile = path.join(STATE_DIR, "made-folders.json");
const pidFile = path.join(RUN_DIR, "namespace.pid");

/** Asks supervisord. Undefined if it does not run. */
export async function supervisorctl(...args: string[]): Promise<string | undefined> {
  const { code, stdout } = await tryRun("supervisorctl", [
    `--serverurl=unix://${SUPERVISOR_SOCKET}`,
    ...args,
  ]);
  // 3: it answered that some process is not running.
  return code === 0 || code === 3 ? stdout : undefined;
}

/** Whether the node's processes are there, as one unit. */
export async function isLaunched(): Promise<boolean> {
  if (!fs.existsSync(SUPERVISOR_SOCKET)) return false;
  return /^\d+\s*$/.test((await supervisorctl("pid")) ?? "");
}

function makeMountPoints(): void {
  const made: string[] = fs.existsSync(madeFile)
    ? (JSON.parse(fs.readFileSync(madeFile, "utf8")) as string[])
    : [];
  for (const folder of MOUNT_POINTS.filter((folder) => !fs.existsSync(folder))) {
    fs.mkdirSync(folder, { recursive: true });
    made.push(folder);
  }
  fs.writeFileSync(madeFile, JSON.stringify(made));
}

/** Starts all processes in namespaces of their own; they outlive this program. */
export async function launch(): Promise<void> {
  makeMountPoints();
  // A supervisor that was killed leaves its sockets behind.
  fs.rmSync(RUN_DIR, { recursive: true, force: true });
  fs.mkdirSync(RUN_DIR, { recursive: true, mode: 0o711 });
  const output = path.join(LOG_DIR, "launch.log");
  const log = fs.openSync(output, "a");
  const child = spawn(
    "unshare",
    [
      "--pid",
      "--fork",
      "--kill-child",
      "--mount",
      "--mount-proc",
      path.join(__dirname, "namespace.sh"),
      STATE_DIR,
    ],
    { detached: true, stdio: ["ignore", log, log], cwd: "/" },
  );
  child.unref();
  fs.closeSync(log);
  if (child.pid !== undefined) fs.writeFileSync(pidFile, String(child.pid));
  if (!(await waitFor(isLaunched, 20_000))) {
    const tail = fs.readFileSync(output, "utf8").split("\n").slice(-10).join("\n");
    throw new UserError(
      `supervisord did not start:\n${tail}`,
      `look into ${LOG_DIR} and ${CONFIG_DIR}, then try again`,
    );
  }
}

/** Whether a process id still belongs to the namespaces we started. */
function isOurs(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("namespace.sh");
  } catch {
    return false;
  }
}

/** Ends all processes, containers and mounts of the node. */
export async function terminate(): Promise<void> {
  const pid = fs.existsSync(pidFile) ? Number(fs.readFileSync(pidFile, "utf8")) : 0;
  if (await isLaunched()) {
    await supervisorctl("shutdown");
    await waitFor(async () => !isOurs(pid), 40_000);
  }
  if (isOurs(pid)) {
    process.kill(pid, "SIGKILL");
    await waitFor(async () => !isOurs(pid), 10_000);
  }
}

/** Removes what the processes leave outside of the platform's own folders. */
export function removeLeftovers(): void {
  removeControlGroups("/sys/fs/cgroup");
  const made = fs.existsSync(madeFile)
    ? (JSON.parse(fs.readFileSync(madeFile, "utf8")) as string[])
    : [];
  for (const folder of made) fs.rmSync(folder, { recursive: true, force: true });
}

/** Control groups of pods and build steps: empty once the processes are gone. */
function removeControlGroups(root: string): void {
  const hierarchies = fs.existsSync(path.join(root, "cgroup.controllers"))
    ? [root]
    : fs.readdirSync(root).map((name) => path.join(root, name));
  for (const hierarchy of hierarchies) {
    for (const name of ["kubepods", "buildkit"]) removeControlGroup(path.join(hierarchy, name));
  }
}

function removeControlGroup(group: string): void {
  if (!fs.existsSync(group)) return;
  for (const entry of fs.readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeControlGroup(path.join(group, entry.name));
  }
  try {
    fs.rmdirSync(group);
  } catch {
    // In use by somebody else's containers of the same name: not ours to remove.
  }
}
