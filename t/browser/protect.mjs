// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// protect.mjs BROWSER CASES RESULTS: sends in a headless browser, chromium or
// firefox, the requests of CASES (JSON that protect.t writes), and writes the
// cookies that are stored at the end. It judges nothing: the servers record what
// reaches them.

import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { enter, launchChromium } from "./chromium.mjs";
import { launchFirefox } from "./firefox.mjs";

const plan = JSON.parse(readFileSync(argv[3], "utf8"));

// Runs in the page: sends one request, and waits until it has ended, where a
// page can know that.
async function send(step) {
    const settled = (start, limit = 4000) => new Promise((resolve) => {
        setTimeout(resolve, limit);
        start(resolve);
    });
    const element = (name, attributes) => settled((done) => {
        const node = document.createElement(name);
        node.onload = node.onerror = node.onloadeddata = done;
        for (const [key, value] of Object.entries(attributes)) {
            node.setAttribute(key, value);
        }
        document.documentElement.append(node);
    });
    // a form, in a document that may be that of a new window
    const submit = (where, target) => {
        const form = where.createElement("form");
        Object.assign(form, { method: step.method, action: step.url, target,
            enctype: step.enctype ?? "application/x-www-form-urlencoded" });
        // a form with the method GET replaces the query
        for (const [name, value] of new URL(step.url).searchParams) {
            const input = where.createElement("input");
            Object.assign(input, { type: "hidden", name, value });
            form.append(input);
        }
        where.documentElement.append(form);
        form.submit();
    };
    const follow = (attributes) => {
        const link = document.createElement("a");
        for (const [key, value] of Object.entries(attributes)) {
            link.setAttribute(key, value);
        }
        document.documentElement.append(link);
        link.click();
    };

    switch (step.by) {
    case "form":
        return submit(document, "_blank");
    case "form in frame":
        return settled((done) => {
            const frame = document.createElement("iframe");
            frame.name = `frame-${step.id}`;
            document.documentElement.append(frame);
            frame.onload = done;
            submit(document, frame.name);
        });
    case "link":
        return follow({ href: step.url, target: "_blank", rel: "opener" });
    case "ping":
        return follow({ href: "#ping", ping: step.url });
    case "open":
        window.open(step.url);
        return undefined;
    case "location":
        window.open("about:blank").location.href = step.url;
        return undefined;
    case "refresh": {
        const target = window.open("about:blank").document;
        target.write(`<meta http-equiv="refresh" content="0;url=${
            step.url.replaceAll("&", "&amp;")}">`);
        target.close();
        return undefined;
    }
    case "iframe":
    case "embed":
    case "img":
    case "script":
    case "video":
        return element(step.by, { src: step.url, ...step.attributes });
    case "object":
        return element("object", { data: step.url });
    case "style":
        return element("link", { rel: "stylesheet", href: step.url });
    case "fetch":
        return fetch(step.url, { method: step.method, mode: step.mode,
            credentials: step.credentials, headers: step.headers ?? {},
            body: step.body ?? undefined }).then(() => {}, () => {});
    case "xhr":
        return settled((done) => {
            const request = new XMLHttpRequest();
            request.open(step.method, step.url);
            request.withCredentials = step.credentials === "include";
            request.onloadend = done;
            request.send(step.body ?? null);
        });
    case "beacon":
        navigator.sendBeacon(step.url, step.content
            ? new Blob(["{}"], { type: step.content }) : "x");
        return undefined;
    case "events":
        return settled((done) => {
            const source = new EventSource(step.url);
            source.onopen = source.onerror = () => {
                source.close();
                done();
            };
        });
    case "socket":
        return settled((done) => {
            const socket = new WebSocket(step.url);
            socket.onopen = () => socket.close();
            socket.onclose = done;
        });
    default:
        throw new Error(`no such step: ${step.by}`);
    }
}

// Each name is an address of this machine, and each certificate is accepted.
const launch = {
    chromium: () => launchChromium(
        `--ignore-certificate-errors-spki-list=${plan.authority}`,
        "--disable-popup-blocking", "--host-resolver-rules=MAP * 127.0.0.1"),
    firefox: () => launchFirefox({
        "network.dns.localDomains": plan.names.join(),
    }),
};
const browser = await launch[argv[2]]();
const context = await browser.newContext(
    { ignoreHTTPSErrors: argv[2] === "firefox" });
context.setDefaultTimeout(30000);
await context.addCookies(plan.cookies);

const problems = [];
const belowHttp =
    /ERR_(CONNECTION|EMPTY|HTTP2|NETWORK|SOCKET|SSL|TIMED)|NS_ERROR_(CONNECTION|NET|UNKNOWN)/;
const register = async ({ page: url, script }) => {
    const page = await context.newPage();
    await page.goto(url);
    await page.evaluate(async (name) => {
        await navigator.serviceWorker.register(name);
        await navigator.serviceWorker.ready;
    }, script);
    await page.close();
};

// Waits until a new window has its document, and closes it.
async function finish(popup) {
    try {
        await popup.waitForURL((url) => url.href !== "about:blank");
        // it reloads itself
        await popup.waitForTimeout(popup.url().includes("as=reload") ? 2000 : 0);
    }
    catch (error) {
        problems.push(`a window: ${error}`);
    }
    await popup.close();
}

async function visit(place) {
    const opened = [];
    const page = await context.newPage();
    page.on("popup", (popup) => opened.push(finish(popup)));
    // Below HTTP: the request may not have reached a server. A response that a page may not
    // read fails with another error.
    page.on("requestfailed", (request) => {
        const { errorText } = request.failure();
        if (belowHttp.test(errorText)) {
            problems.push(`${request.url()}: ${errorText}`);
        }
    });
    const frame = await enter(page, place);
    const run = async (steps) => {
        while (steps.length > 0) {
            const step = steps.shift();
            try {
                await frame.evaluate(send, step);
            }
            catch (error) {
                problems.push(`${step.id}: ${error}`);
            }
        }
    };
    // a window needs a user gesture, which each call of evaluate() is, and uses it up
    const inside = place.steps.filter((step) => !step.opens);
    const outside = place.steps.filter((step) => step.opens);
    const windows = outside.length;
    await Promise.all([outside, ...Array(10).fill(inside)].map(run));
    // the page cannot see when a window, a beacon or a ping has its response
    for (let i = 0; i < 100 && opened.length < windows; i++) {
        await page.waitForTimeout(50);
    }
    await Promise.all(opened);
    await page.waitForTimeout(place.linger ?? 100);
    await page.close();
}

let cookies;
try {
    for (const worker of plan.workers) {
        await register(worker);
    }
    for (const place of plan.places) {
        await visit(place);
    }
    cookies = await context.cookies();
}
finally {
    await browser.close();
}
writeFileSync(argv[4], JSON.stringify({ cookies, problems }));
