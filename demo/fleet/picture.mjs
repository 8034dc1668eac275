// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// Presses buttons of the page of make fleet-demo in headless Chromium, and takes the picture
// of the manual: docs/fleet.png. Fails if a script of the page fails, or if the page needs
// sideways scrolling. Run by demo/fleet/run --pictures, which starts the demo and provides
// playwright-core.

import { join } from "node:path";
import { env, exit, stdout } from "node:process";
import { launchChromium } from "./chromium.mjs";
import { save } from "./png.mjs";

const WIDTHS = [1280, 390];
const TIMEOUT = 20000;
const errors = [];

async function open(browser, width, colorScheme) {
    const page = await browser.newPage({ colorScheme,
        viewport: { width, height: 900 } });
    page.setDefaultTimeout(TIMEOUT);
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
        if (message.type() === "error") {
            errors.push(message.text());
        }
    });
    await page.goto(`http://localhost:${env.FLEET_PORT}/`);
    await page.locator("body[data-state=shown]").waitFor();
    return page;
}

// Press a button, and wait until all three servers show a text in a part of their cards.
async function press(page, button, part, text) {
    await page.locator(`#${button}:enabled`).click();
    await page.waitForFunction(([name, wanted]) => {
        const parts = [...document.querySelectorAll(`#servers .${name}`)];
        return parts.length === 3
            && parts.every((node) => node.textContent === wanted);
    }, [part, text]);
}

async function checkWidths(browser) {
    for (const colorScheme of ["light", "dark"]) {
        for (const width of WIDTHS) {
            const page = await open(browser, width, colorScheme);
            const needed = await page.evaluate(() =>
                document.documentElement.scrollWidth);
            if (needed > width) {
                errors.push(`${width} pixels: the page needs ${needed}`);
            }
            if (env.FLEET_SCREENSHOTS) {
                await page.screenshot({ fullPage: true, path:
                    join(env.FLEET_SCREENSHOTS, `${colorScheme}-${width}.png`) });
            }
            await page.close();
        }
    }
}

async function takeFleet(browser) {
    const page = await open(browser, 1200, "light");
    await press(page, "add", "permission", "Allowed right now");
    await press(page, "empty", "newest", "held back: it is empty");
    await checkWidths(browser);
    await press(page, "good", "newest", "in force");
    await press(page, "bad", "newest", "refused: 3 bad rows");
    await press(page, "good", "newest", "in force");
    await page.locator("#stop:enabled").click();
    await page.locator("#start:enabled").click();
    await press(page, "add", "permission", "Allowed right now");
    await page.waitForFunction(() =>
        document.querySelectorAll("#servers .step.good").length === 3);
    await page.mouse.move(0, 0);
    await page.evaluate(() => document.activeElement.blur());
    await save(browser, "fleet.png", await page.screenshot({ fullPage: true }));
    await page.close();
}

let browser;
let status = 0;
try {
    browser = await launchChromium();
    await takeFleet(browser);
    if (errors.length) {
        throw new Error(errors.join("\n"));
    }
}
catch (error) {
    stdout.write(`${error}\n`);
    status = 1;
}
finally {
    await browser?.close();
}
exit(status);
