// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// Presses every button of both pages of the demo in a headless Chromium and
// compares what the pages show. Prints TAP. Run by demo/run --check, which
// starts the demo and provides playwright-core.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { env, exit, kill, stdout } from "node:process";
import { launchChromium } from "./chromium.mjs";

const ports = {
    api: env.DEMO_API_PORT || "8081",
    allowed: env.DEMO_ALLOWED_PORT || "8082",
    denied: env.DEMO_DENIED_PORT || "8083",
};
const origins = {
    allowed: `http://localhost:${ports.allowed}`,
    denied: `http://localhost:${ports.denied}`,
};

const LISTED = `CorsAllowOrigins ${origins.allowed}`;
const OVERRIDE = `CorsAllowOrigins ${origins.denied}`;
const SOCKET = `CorsWebSocketAllowOrigins ${origins.allowed}`;
const NO_POLICY = "CorsPolicy Off is in force here: no policy applies";

// Expected exchanges: method, status, verdict, reason, directive.
const ok = (method, status = 200) =>
    [method, status, "allowed", "origin-allowed", LISTED];
const no = (method) =>
    [method, 200, "denied", "origin-not-allowed", LISTED];
const asked = ["OPTIONS", 204, "preflight-allowed", "origin-allowed", LISTED];
const refused = ["OPTIONS", 403, "preflight-denied", "origin-not-allowed",
    LISTED];
const withoutPolicy = (method, status) => [method, status, "none", "none", NO_POLICY];

// For each button: the result in the browser, and the exchanges.
const EXPECTED = {
    allowed: [
        ["simple", "allowed", [ok("GET")]],
        ["put", "allowed", [asked, ok("PUT")]],
        ["cookies", "allowed", [ok("GET")]],
        ["off", "blocked", [withoutPolicy("GET", 200)]],
        ["override", "blocked",
            [["GET", 200, "denied", "origin-not-allowed", OVERRIDE]]],
        ["signup", "blocked", [withoutPolicy("OPTIONS", 404)]],
        ["private", "allowed", [asked, ok("GET")]],
        ["socket", "allowed",
            [["GET", 101, "websocket-allowed", "origin-allowed", SOCKET]]],
    ],
    denied: [
        ["simple", "blocked", [no("GET")]],
        ["put", "blocked", [refused]],
        ["cookies", "blocked", [no("GET")]],
        ["off", "blocked", [withoutPolicy("GET", 200)]],
        ["override", "allowed",
            [["GET", 200, "allowed", "origin-allowed", OVERRIDE]]],
        ["signup", "blocked", [withoutPolicy("OPTIONS", 404)]],
        ["private", "blocked", [refused]],
        ["socket", "blocked",
            [["GET", 403, "websocket-denied", "origin-not-allowed", SOCKET]]],
    ],
};

// Expected headers.
const VARY = "Vary: Origin";
const VARY_PREFLIGHT = "Vary: Origin, Access-Control-Request-Method, "
    + "Access-Control-Request-Headers";
const NOTHING = "no CORS header, no Vary";
const granted = (origin, ...more) =>
    [`Access-Control-Allow-Origin: ${origin}`, ...more].join("\n");
const read = granted(origins.allowed,
    "Access-Control-Allow-Credentials: true",
    "Access-Control-Expose-Headers: X-Demo-Id", VARY);
const answered = (headers) => granted(origins.allowed,
    "Access-Control-Allow-Credentials: true",
    "Access-Control-Allow-Methods: GET, HEAD, PUT, POST",
    `Access-Control-Allow-Headers: ${headers}`,
    "Access-Control-Max-Age: 600", VARY_PREFLIGHT);
const HEADERS = {
    allowed: {
        simple: [read],
        put: [answered("content-type, x-demo"), read],
        cookies: [read],
        off: [NOTHING],
        override: [VARY],
        signup: [NOTHING],
        private: [answered("content-type, x-demo, authorization"), read],
    },
    denied: {
        simple: [VARY],
        put: [VARY_PREFLIGHT],
        cookies: [VARY],
        off: [NOTHING],
        override: [granted(origins.denied,
            "Access-Control-Expose-Headers: X-Demo-Id", VARY)],
        signup: [NOTHING],
        private: [VARY_PREFLIGHT],
    },
};

let count = 0;
let failures = 0;

function report(good, sentence, got, wanted) {
    count++;
    failures += good ? 0 : 1;
    stdout.write(`${good ? "ok" : "not ok"} ${count} - ${sentence}\n`);
    if (!good) {
        for (const [name, value] of [["got", got], ["wanted", wanted]]) {
            stdout.write(`# ${name}: ${JSON.stringify(value)}\n`);
        }
    }
}

function same(got, wanted, sentence) {
    report(JSON.stringify(got) === JSON.stringify(wanted), sentence, got,
        wanted);
}

// The text of a card after its request.
async function shown(page, name) {
    await page.locator(`#${name}[data-state=done]`).waitFor();
    return page.locator(`#${name}`).evaluate((card) => ({
        outcome: card.dataset.outcome,
        sentence: card.querySelector(".outcome").textContent,
        body: card.querySelector(".body").textContent,
        exchanges: Array.from(card.querySelectorAll(".exchanges li"), (li) =>
            Object.fromEntries(["line", "verdict", "reason", "directive",
                "headers"].map((part) => [part,
                (li.querySelector(`.${part}`) || li).textContent]))),
    }));
}

async function checkPage(browser, kind) {
    const page = await browser.newPage({
        viewport: { width: 1200, height: 900 },
        colorScheme: kind === "allowed" ? "light" : "dark",
    });
    const errors = [];
    page.setDefaultTimeout(15000);
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(`${origins[kind]}/`);

    same([await page.locator("#origin").textContent(),
        await page.locator("#standing").textContent()],
    [origins[kind], kind === "allowed" ? "The policy allows this origin."
        : "The policy does not allow this origin."],
    `the ${kind} page shows its origin`);

    for (const [name, outcome, exchanges] of EXPECTED[kind]) {
        const what = `${kind} page, ${name}`;
        await page.locator(`#${name} .send`).click();
        const card = await shown(page, name);
        same(card.outcome, outcome, `${what}: ${outcome}`);
        report(outcome === "allowed"
            ? card.body !== ""
            : /^(Blocked by the browser: TypeError|The WebSocket did not open)/
                .test(card.sentence) && card.body === "",
        `${what}: the browser's word is shown`,
        [card.sentence, card.body], outcome);
        same(card.exchanges.map((e) => e.line),
            exchanges.map(([method, status]) =>
                `${method} /${name}: status ${status}`),
            `${what}: every exchange is shown`);
        same(card.exchanges.map((e) => [e.verdict, e.reason]),
            exchanges.map(([, , verdict, reason]) => [verdict, reason]),
            `${what}: verdict and reason`);
        same(card.exchanges.map((e) =>
            e.directive.replace(/ \(httpd\.conf:[1-9]\d*\)$/, " (place)")),
        exchanges.map(([, , , , directive]) =>
            directive === NO_POLICY ? NO_POLICY : `${directive} (place)`),
        `${what}: the directive that decided, and where it stands`);
        if (HEADERS[kind][name]) {
            // httpd removes the spaces from Vary
            same(card.exchanges.map((e) => e.headers.replace(/,(?=\S)/g, ", ")),
                HEADERS[kind][name], `${what}: exactly these headers`);
        }
    }

    // The second request sends the cookie that the first one set.
    if (kind === "allowed") {
        await page.locator("#cookies .send").click();
        const card = await shown(page, "cookies");
        report(/"visits_before":[1-9]/.test(card.body),
            "allowed page, cookies: the second request brings the cookie",
            card.body, "a count of at least one");
    }

    await page.locator("#all").click();
    await page.locator("#all:disabled").waitFor();
    await page.locator("#all:enabled").waitFor({ timeout: 60000 });
    same(await page.locator(".card").evaluateAll((cards) =>
        cards.map((card) => [card.id, card.dataset.outcome])),
    EXPECTED[kind].map(([name, outcome]) => [name, outcome]),
    `${kind} page: Run all comes to the same results`);
    same(errors, [], `${kind} page: no script error`);

    same(await page.evaluate(() =>
        Array.from(document.querySelectorAll(".card + .card"), (card) =>
            Math.round(card.getBoundingClientRect().top
                - card.previousElementSibling.getBoundingClientRect().bottom))
            .filter((gap) => gap !== 16)), [],
    `${kind} page: no card leaves a gap below its neighbour`);
    await page.setViewportSize({ width: 360, height: 740 });
    same(await page.evaluate(() => document.documentElement.scrollWidth), 360,
        `${kind} page: a narrow window needs no sideways scrolling`);
    if (env.DEMO_SCREENSHOTS) {
        await page.screenshot({ fullPage: true,
            path: join(env.DEMO_SCREENSHOTS, `${kind}-narrow.png`) });
        await page.setViewportSize({ width: 1200, height: 900 });
        await page.screenshot({ fullPage: true,
            path: join(env.DEMO_SCREENSHOTS, `${kind}.png`) });
    }
    await page.close();
}

// The page at the API's own address.
async function checkApiPage(browser) {
    const api = `http://localhost:${ports.api}/`;
    const page = await browser.newPage({
        viewport: { width: 360, height: 740 }, colorScheme: "light",
    });
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => errors.push(message.text()));
    await page.goto(api);
    same(await page.locator("h1").textContent(), "The API of the demo",
        "the API describes itself to a person");
    same(await page.locator("a").evaluateAll((links) =>
        links.map((link) => link.href)),
    [`${origins.allowed}/`, `${origins.denied}/`, `${api}cors-policy`],
    "and links to both pages and to the status page");
    same(await page.evaluate(() => document.documentElement.scrollWidth), 360,
        "a narrow window shows it without sideways scrolling");
    same(errors, [], "the browser complains of nothing");
    same(await page.evaluate((url) => fetch(url).then((got) => got.json()),
        api).then((body) => body.message),
    "the API of the mod_cors_policy demo", "a program gets JSON");
    if (env.DEMO_SCREENSHOTS) {
        await page.setViewportSize({ width: 1200, height: 900 });
        await page.screenshot({ fullPage: true,
            path: join(env.DEMO_SCREENSHOTS, "api.png") });
    }
    await page.close();
}

// From a denied request to its cause, and to a policy that allows it.
async function checkPolicyPage(browser) {
    const api = `http://localhost:${ports.api}/cors-policy`;
    const page = await browser.newPage({
        viewport: { width: 1200, height: 900 }, colorScheme: "light",
    });
    const errors = [];
    page.setDefaultTimeout(15000);
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
        if (message.type() === "error") {
            errors.push(message.text());
        }
    });
    const background = () => page.evaluate(() =>
        getComputedStyle(document.body).backgroundColor);
    const screenshot = async (name) => {
        if (env.DEMO_SCREENSHOTS) {
            await page.screenshot({ fullPage: true,
                path: join(env.DEMO_SCREENSHOTS, `${name}.png`) });
        }
    };

    await page.goto(api);
    same(await page.locator("nav a[aria-current]").textContent(),
        "What happened", "the status page begins with what happened");
    same(await background(), "rgb(255, 255, 255)", "it is light where that is "
        + "wanted, so its style is let in by its own policy");
    const refusal = page.locator("tr", { hasText: "/simple" })
        .filter({ hasText: origins.denied }).first();
    same(await refusal.locator("td").nth(4).textContent(),
        "origin-not-allowed", "it names the refusal of the denied page");
    await screenshot("happened");
    await page.emulateMedia({ colorScheme: "dark" });
    same(await background(), "rgb(18, 22, 29)", "it is dark where that is "
        + "wanted");
    await screenshot("happened-dark");

    // with the keyboard only
    await refusal.locator("a").focus();
    await page.keyboard.press("Enter");
    await page.locator(".answer").waitFor();
    same([await page.locator("[name=origin]").inputValue(),
        await page.locator("[name=method]").inputValue()],
    [origins.denied, "GET"], "Explain knows the refused request");
    same(await page.locator(".answer strong").textContent(),
        "Denied: the request is sent, and the page may not read the response.",
        "it shows what the browser does");
    const advice = await page.locator(".answer p").textContent();
    const match = advice.match(
        /^To allow it, add (\S+) to CorsAllowOrigins (\S+):(\d+), or write /);
    same(match && match[1], origins.denied, "it shows what to add, and where");
    await screenshot("explain-dark");

    // as the page suggests
    const lines = readFileSync(env.DEMO_CONF, "utf8").split("\n");
    same([match[2], lines[match[3] - 1].trim()],
        [env.DEMO_CONF, `CorsAllowOrigins ${origins.allowed}`],
        "the line is that of the policy");
    lines[match[3] - 1] += ` ${match[1]}`;
    writeFileSync(env.DEMO_CONF, lines.join("\n"));
    kill(Number(env.DEMO_HTTPD_PID), "SIGUSR1");
    for (let tries = 0; tries < 100; tries++) {
        await page.locator("button").click();
        await page.locator(".answer").waitFor();
        if (await page.locator(".answer.good").count()) {
            break;
        }
        await page.waitForTimeout(100);
    }
    same(await page.locator(".answer strong").textContent(),
        "Allowed: the page may read the response.",
        "after a graceful restart the answer is another one");

    await page.goto(`${origins.denied}/`);
    await page.locator("#simple .send").click();
    same((await shown(page, "simple")).outcome, "allowed",
        "and the page that was denied is allowed");
    await page.goto(api);
    report(Number(await page.locator(".card").nth(1).locator("b")
        .textContent()) > 0, "the counts outlive the restart", 0, "more");

    await page.goto(`${api}?view=policies`);
    const first = page.locator("summary").first();
    await first.focus();
    await page.keyboard.press("Enter");
    report(await page.locator("details[open] table").first().isVisible(),
        "a policy opens by the keyboard", false, true);
    await screenshot("policies-dark");

    for (const view of ["", "?view=policies",
        `?explain&url=/put&origin=${origins.denied}&method=PUT`]) {
        await page.setViewportSize({ width: 360, height: 740 });
        await page.goto(api + view);
        same(await page.evaluate(() => document.documentElement.scrollWidth),
            360, `a narrow window shows ${view || "what happened"} without `
            + "sideways scrolling");
    }
    await page.emulateMedia({ colorScheme: "light" });
    await screenshot("explain-narrow");

    // the API's own pages cannot read it in any case
    await page.goto(`${origins.allowed}/`);
    same(await page.evaluate((url) => fetch(url).then(() => "read",
        () => "refused"), api), "refused", "no page of another origin reads it");
    errors.splice(0, errors.length,
        ...errors.filter((text) => !/CORS|blocked|ERR_/.test(text)));
    same(errors, [], "the status page makes the browser complain of nothing");
    await page.close();
}

let browser;
try {
    browser = await launchChromium();
    await checkPage(browser, "allowed");
    await checkPage(browser, "denied");
    await checkApiPage(browser);
    await checkPolicyPage(browser);
}
catch (error) {
    report(false, "the check runs to its end", String(error), "no error");
}
finally {
    await browser?.close();
}
stdout.write(`1..${count}\n`);
exit(failures ? 1 : 0);
