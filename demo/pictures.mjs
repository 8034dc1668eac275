// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// Takes the pictures of the manual in headless Chromium: both pages of the demo side
// by side, and the status page. Run by demo/run --pictures, which starts the demo and
// provides playwright-core.

import { dirname } from "node:path";
import { env, exit, stdout } from "node:process";
import { launchChromium } from "./chromium.mjs";
import { save } from "./png.mjs";

const at = (port) => `http://localhost:${port}`;
const allowed = at(env.DEMO_ALLOWED_PORT);
const denied = at(env.DEMO_DENIED_PORT);
const api = at(env.DEMO_API_PORT);

// The same request from the allowed page and from the denied page.
async function takeDemo(browser) {
    const width = 600;
    const pages = [];
    for (const url of [allowed, denied]) {
        const page = await browser.newPage({ colorScheme: "light",
            viewport: { width, height: 1400 } });
        page.setDefaultTimeout(15000);
        await page.goto(`${url}/`);
        await page.locator("#simple .send").click();
        await page.locator("#simple[data-state=done]").waitFor();
        await page.locator(".card:not(#simple)").evaluateAll((cards) =>
            cards.forEach((card) => card.remove()));
        await page.mouse.move(0, 0);
        await page.evaluate(() => document.activeElement.blur());
        pages.push(page);
    }
    const bottoms = await Promise.all(pages.map((page) =>
        page.locator("#simple").evaluate((card) =>
            Math.ceil(card.getBoundingClientRect().bottom) + 12)));
    const shots = [];
    for (const page of pages) {
        shots.push(await page.screenshot({ clip: { x: 0, y: 0, width,
            height: Math.max(...bottoms) } }));
        await page.close();
    }
    await save(browser, "demo.png", ...shots);
}

async function takeExplain(browser) {
    const page = await browser.newPage({ colorScheme: "light",
        viewport: { width: 1000, height: 700 } });
    const query = new URLSearchParams({ url: `${api}/put`, origin: denied,
        method: "PUT", headers: "x-demo", credentials: "on" });
    page.setDefaultTimeout(15000);
    await page.goto(`${api}/cors-policy?explain&${query}`);
    await page.locator(".answer").waitFor();
    // the directory differs in each demo
    await page.evaluate((directory) => {
        const texts = document.createTreeWalker(document.body,
            NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const text = texts.currentNode;
            text.data = text.data.split(directory).join("");
        }
    }, `${dirname(env.DEMO_CONF)}/`);
    // the policy is further down the page
    const { y } = await page.getByText("The sections that apply")
        .boundingBox();
    await save(browser, "explain.png", await page.screenshot({ fullPage: true,
        clip: { x: 0, y: 0, width: 1000, height: Math.floor(y) } }));
    await page.close();
}

let browser;
let status = 0;
try {
    browser = await launchChromium();
    await takeDemo(browser);
    await takeExplain(browser);
}
catch (error) {
    stdout.write(`${error}\n`);
    status = 1;
}
finally {
    await browser?.close();
}
exit(status);
