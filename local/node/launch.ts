/** Starts and stops the node's processes as one unit. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { tryRun, waitFor } from "../../shared/run";
import { UserError } from "../../shared/userError";
import {
  CONFIG_DIR,
  DATA_DIR,
  DATA_DISK,
  LOG_DIR,
  RUN_DIR,
  STATE_DIR,
  SUPERVISOR_SOCKET,
} from "../settings";
import { readRecord, writeRecord } from "./record";

const DATA_DISK_BYTES = 64 * 2 ** 30;
/** Milliseconds for what takes one second, or ten on a busy machine. */
const TIMEOUT_MS = 90_000;
/** Folders that must exist to be mounted over; those we had to make are removed again. */
const MOUNT_POINTS = ["/run/containerd", "/var/lib/cni"];
const madeFile = path.join(STATE_DIR, "made-folders.json");

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
  if (!fs.existsSync(SUPERVISOR_SOCKET)) {
    return false;
  }
  return /^\d+\s*$/.test((await supervisorctl("pid")) ?? "");
}

function makeMountPoints(): void {
  const missing = MOUNT_POINTS.filter((folder) => !fs.existsSync(folder));
  writeRecord(madeFile, [...(readRecord<string[]>(madeFile) ?? []), ...missing]);
  for (const folder of missing) {
    fs.mkdirSync(folder, { recursive: true });
  }
}

/** Makes the file system for bulky data, once. Without mkfs its folder is used as it is. */
async function makeDataDisk(): Promise<void> {
  fs.mkdirSync(DATA_DIR, { recursive: true });
  // Data of an earlier start that did without stays where it is.
  if (fs.existsSync(DATA_DISK) || fs.readdirSync(DATA_DIR).length > 0) {
    return;
  }
  const partial = `${DATA_DISK}.partial`;
  fs.rmSync(partial, { force: true });
  // Sparse: it takes what is written into it.
  fs.closeSync(fs.openSync(partial, "w"));
  fs.truncateSync(partial, DATA_DISK_BYTES);
  const made = await tryRun("mkfs.ext4", [
    "-q",
    "-F",
    "-E",
    "lazy_itable_init=1,nodiscard",
    partial,
  ]).catch(() => ({ code: -1 }));
  if (made.code === 0) {
    fs.renameSync(partial, DATA_DISK);
  } else {
    fs.rmSync(partial, { force: true });
  }
}

/** Starts all processes in namespaces of their own; they outlive this program. */
export async function launch(): Promise<void> {
  makeMountPoints();
  await makeDataDisk();
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
  if (!(await waitFor(isLaunched, TIMEOUT_MS))) {
    const tail = fs.readFileSync(output, "utf8").split("\n").slice(-10).join("\n");
    throw new UserError(
      `supervisord did not start:\n${tail}`,
      `look into ${LOG_DIR} and ${CONFIG_DIR}, then try again`,
    );
  }
}

/** Process ids of the programs that hold the node's namespaces: none if it does not run. */
function namespaceHolders(): number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = fs.readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        return words[0] === "unshare" && words.includes(STATE_DIR);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/**
 * Ends all processes, containers and mounts of the node, by ending the first process of their
 * namespaces. At once: what a graceful end would save is about to be removed.
 */
export async function terminate(): Promise<void> {
  for (const pid of namespaceHolders()) {
    process.kill(pid, "SIGKILL");
  }
  const ended = await waitFor(
    async () => namespaceHolders().length === 0 && !(await isLaunched()),
    TIMEOUT_MS,
  );
  if (!ended) {
    throw new UserError(
      `processes of the node do not end: ${namespaceHolders().join(", ")}`,
      "look at them with `ps -f`, then try again",
    );
  }
}

/** Removes what the processes leave outside of the platform's own folders. */
export async function removeLeftovers(): Promise<void> {
  // The kernel takes a moment to empty the groups of processes that were killed.
  await waitFor(async () => removeControlGroups("/sys/fs/cgroup"), 20_000);
  for (const folder of readRecord<string[]>(madeFile) ?? []) {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes the control groups of pods and build steps. True if none is left. */
function removeControlGroups(root: string): boolean {
  const hierarchies = fs.existsSync(path.join(root, "cgroup.controllers"))
    ? [root]
    : fs.readdirSync(root).map((name) => path.join(root, name));
  const groups = hierarchies.flatMap((hierarchy) =>
    ["kubepods", "buildkit"].map((name) => path.join(hierarchy, name)),
  );
  groups.forEach(removeControlGroup);
  return !groups.some((group) => fs.existsSync(group));
}

function removeControlGroup(group: string): void {
  if (!fs.existsSync(group)) {
    return;
  }
  for (const entry of fs.readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      removeControlGroup(path.join(group, entry.name));
    }
  }
  try {
    fs.rmdirSync(group);
  } catch {
    // Still in use, perhaps by somebody else's containers: not ours to remove by force.
  }
}
