// Loaded into the program's process, and whatever else Pulumi starts with Node.js: notes the most memory it had.
const fs = require("node:fs");

process.on("exit", () => {
  fs.appendFileSync(process.env.BENCH_PEAK_MEMORY, `${process.resourceUsage().maxRSS}\n`);
});
