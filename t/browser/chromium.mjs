// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// Chromium without a window. Where it is: CHROMIUM (a path or a name), else by the
// names that systems give it.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { env } from "node:process";
import { chromium } from "playwright-core";

// The path of a program: of that in a variable of the environment, or else of the
// first of some names that is there.
export function findProgram(variable, ...usual) {
    const names = env[variable] ? [env[variable]] : usual;
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
    throw new Error(`none of ${names.join(", ")} is there; set ${variable}`);
}

// Opens the page of a place, and the frame in it if the place has one. Returns
// the frame that sends the requests.
export async function enter(page, place) {
    await page.goto(place.page);
    if (!place.frame) {
        return page.mainFrame();
    }
    await page.evaluate((html) => {
        const holder = document.createElement("div");
        holder.innerHTML = html;
        document.body.append(holder);
    }, place.frame);
    while (page.frames().length < 2) {
        await page.waitForTimeout(20);
    }
    const frame = page.frames()[1];
    await frame.waitForLoadState();
    return frame;
}

// more: what else it is started with
export function launchChromium(...more) {
    return chromium.launch({
        executablePath: findProgram("CHROMIUM",
            "chromium", "chromium-browser", "google-chrome"),
        headless: true,
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", ...more],
    });
}
