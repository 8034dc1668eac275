// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// Chromium without a window. Where it is: CHROMIUM (a path or a name), else by the
// names that systems give it.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { env } from "node:process";
import { chromium } from "playwright-core";

function findChromium() {
    const names = env.CHROMIUM ? [env.CHROMIUM]
        : ["chromium", "chromium-browser", "google-chrome"];
    const dirs = (env.PATH || "").split(delimiter).filter(Boolean);
    for (const name of names) {
        const paths = name.includes("/") ? [name]
            : dirs.map((dir) => join(dir, name));
        for (const path of paths) {
            try {
                accessSync(path, constants.X_OK);
                return path;
            }
            catch {
                // the next one
            }
        }
    }
    throw new Error(`none of ${names.join(", ")} is there; set CHROMIUM`);
}

// more: what else it is started with
export function launchChromium(...more) {
    return chromium.launch({
        executablePath: findChromium(),
        headless: true,
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", ...more],
    });
}
