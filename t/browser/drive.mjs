// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// drive.mjs CASES RESULTS: does in a headless Chromium what CASES says (JSON
// that browser.t writes) and writes what pages were told. It judges nothing.

import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { enter, launchChromium } from "./chromium.mjs";

const plan = JSON.parse(readFileSync(argv[2], "utf8"));

// Runs in the page: one step, and what the page learns of it.
async function act(step) {
    const settled = (start, limit = 15000) => new Promise((resolve) => {
        setTimeout(() => resolve({ type: "nothing happened" }), limit);
        start(resolve);
    });
    const element = (name, attributes) => settled((done) => {
        const node = document.createElement(name);
        node.onload = () => done({ type: "loaded" });
        node.onerror = () => done({ type: "error" });
        for (const [key, value] of Object.entries(attributes)) {
            if (value !== null) {
                node.setAttribute(key, value);
            }
        }
        document.documentElement.append(node);
    });
    const crossorigin = step.crossorigin ?? null;

    if (step.wait) {
        await new Promise((resolve) => setTimeout(resolve, step.wait * 1000));
    }
    switch (step.by) {
    case "fetch":
        try {
            const response = await fetch(step.url, {
                method: step.method, headers: step.headers, mode: step.mode,
                credentials: step.credentials, redirect: step.redirect,
                body: step.body ?? undefined,
            });
            return { type: response.type, status: response.status,
                seen: ["etag", "x-c", "x-d", "content-type"].filter((name) =>
                    response.headers.has(name)) };
        }
        catch (error) {
            return { type: "error", message: String(error) };
        }
    case "xhr":
        return settled((done) => {
            const request = new XMLHttpRequest();
            request.open(step.method, step.url);
            request.withCredentials = step.credentials === "include";
            for (const [name, value] of step.headers) {
                request.setRequestHeader(name, value);
            }
            request.onload = () => done({ type: "loaded" });
            request.onerror = () => done({ type: "error" });
            request.send(step.body ?? null);
        });
    case "import":
        try {
            await import(step.url);
            return { type: "loaded" };
        }
        catch (error) {
            return { type: "error", message: String(error) };
        }
    case "script":
        return element("script", { crossorigin, src: step.url });
    case "module":
        return element("script", { type: "module", crossorigin,
            src: step.url });
    case "image":
        return element("img", { crossorigin, src: step.url });
    case "style":
        return element("link", { rel: "stylesheet", crossorigin,
            href: step.url });
    case "font":
        try {
            await new FontFace("f", `url("${step.url}")`).load();
            return { type: "loaded" };
        }
        catch (error) {
            return { type: "error", message: String(error) };
        }
    case "events":
        return settled((done) => {
            const source = new EventSource(step.url,
                { withCredentials: step.credentials === "include" });
            const end = (type) => {
                source.close();
                done({ type });
            };
            source.onopen = () => end("loaded");
            source.onerror = () => end("error");
        });
    case "beacon":
        return { type: navigator.sendBeacon(step.url,
            new Blob(["x"], { type: step.content })) ? "queued" : "error" };
    case "socket":
        return settled((done) => {
            const socket = new WebSocket(step.url);
            socket.onerror = () => done({ type: "error" });
            socket.onopen = () => socket.send("hello");
            socket.onmessage = (event) => {
                socket.close();
                done({ type: event.data === "hello" ? "loaded" : "error" });
            };
        });
    default:
        return { type: `no such step: ${step.by}` };
    }
}

const browser = await launchChromium(
    `--ignore-certificate-errors-spki-list=${plan.authority}`);
const context = await browser.newContext();
await context.addCookies(plan.cookies);

const results = {};
const said = [];
try {
    for (const place of plan.places) {
        const page = await context.newPage();
        page.setDefaultTimeout(30000);
        page.on("console", (message) => said.push(message.text()));
        const frame = await enter(page, place);
        const run = async (one) => {
            results[one.id] = [];
            for (const step of one.steps) {
                results[one.id].push(await frame.evaluate(act, step));
            }
        };
        const waiting = [...place.cases];
        await Promise.all(Array.from({ length: 8 }, async () => {
            while (waiting.length > 0) {
                await run(waiting.shift());
            }
        }));
        // a beacon has nobody who waits for it
        await page.waitForTimeout(place.linger ?? 0);
        await page.close();
    }
}
finally {
    await browser.close();
}
writeFileSync(argv[3], JSON.stringify({ results, said }));
