// Licensed under the Apache License, Version 2.0; see LICENSE.
"use strict";

// The fields of a line of decisions.tsv, in the order of the LogFormat.
const FIELDS = ["query", "method", "path", "status", "origin", "verdict",
    "reason", "directive"];
const HEADERS = ["Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers", "Access-Control-Expose-Headers",
    "Access-Control-Max-Age", "Vary"];

const NO_POLICY = "CorsPolicy Off is in force here: no policy applies";

const JSON_BODY = {
    "Content-Type": "application/json",
};

const CARDS = [
    {
        name: "simple",
        title: "A simple GET",
        about: "No preflight: the request is made at once, and the answer's "
            + "headers decide whether this page may read it.",
        path: "/simple",
        init: {},
    },
    {
        name: "put",
        title: "PUT with a header of its own",
        about: "The browser sends a preflight first, which names PUT and "
            + "x-demo.",
        path: "/put",
        init: {
            method: "PUT",
            headers: { ...JSON_BODY, "X-Demo": "hello" },
            body: "{\"colour\":\"blue\"}",
        },
    },
    {
        name: "cookies",
        title: "A request with cookies",
        about: "Readable only where Access-Control-Allow-Credentials is true. "
            + "Send it twice: the count goes up.",
        path: "/cookies",
        init: { credentials: "include" },
    },
    {
        name: "off",
        title: "A route without a policy",
        about: "CorsPolicy Off: the route answers, without any CORS "
            + "header.",
        path: "/off",
        init: {},
    },
    {
        name: "override",
        title: "A route with a policy of its own",
        about: "Here CorsAllowOrigins names the other page, and only that "
            + "one.",
        path: "/override",
        init: {},
    },
    {
        name: "signup",
        title: "POST, exempted by <Limit POST>",
        about: "CorsPolicy Off for this one method of the route. A JSON body "
            + "makes the browser send a preflight, which no policy answers.",
        path: "/signup",
        init: {
            method: "POST",
            headers: JSON_BODY,
            body: "{\"name\":\"demo\"}",
        },
    },
    {
        name: "private",
        title: "Behind a password",
        about: "The preflight carries no password and is answered before "
            + "authentication; the GET brings it. The route adds "
            + "authorization to the headers that it takes.",
        path: "/private",
        init: { headers: { Authorization: "Basic " + btoa("demo:demo") } },
    },
    {
        name: "socket",
        title: "A WebSocket",
        about: "Browsers do not apply CORS to WebSockets. The server checks "
            + "the origin and rejects the handshake.",
        path: "/socket",
        socket: true,
    },
];

const element = (id) => document.getElementById(id);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function randomId() {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

// ---- the request and its result in the browser -----------------------------

async function sendFetch(url, init) {
    try {
        const answer = await fetch(url, { cache: "no-store", ...init });
        const body = await answer.text();
        const id = answer.headers.get("X-Demo-Id");
        return {
            allowed: true,
            outcome: `Allowed by the browser: status ${answer.status}`,
            body: body + (id ? `\nX-Demo-Id: ${id}` : ""),
        };
    }
    catch (error) {
        return {
            allowed: false,
            outcome: `Blocked by the browser: ${error.name}: ${error.message}`,
            body: "",
        };
    }
}

function sendSocket(url) {
    return new Promise((done) => {
        const socket = new WebSocket(url);
        let result = null;

        socket.onopen = () => socket.send("hello");
        socket.onmessage = (event) => {
            result = {
                allowed: true,
                outcome: "The WebSocket opened",
                body: String(event.data),
            };
            socket.close();
        };
        socket.onclose = (event) => done(result || {
            allowed: false,
            outcome: `The WebSocket did not open: close code ${event.code}`,
            body: "",
        });
        setTimeout(() => socket.close(), 5000);
    });
}

// ---- the server's log ------------------------------------------------------

async function readLog(id) {
    const answer = await fetch("/decisions.tsv", { cache: "no-store" });
    const text = await answer.text();
    const found = [];

    if (!answer.ok) {
        return found;
    }
    for (const line of text.split("\n").slice(0, -1)) {
        const cells = line.split("\t");
        if (cells[0] === `?id=${id}`) {
            const entry = { headers: [] };
            FIELDS.forEach((name, i) => {
                entry[name] = cells[i] ?? "-";
            });
            HEADERS.forEach((name, i) => {
                const value = cells[FIELDS.length + i] ?? "-";
                if (value !== "-") {
                    entry.headers.push(`${name}: ${value}`);
                }
            });
            found.push(entry);
        }
    }
    return found;
}

// A line is written after its response is sent. So read the log until the line is
// there or, if the browser blocked a request, until no more lines are added.
async function waitForLog(id, method, allowed) {
    let entries = [];
    let quiet = 0;

    for (let i = 0; i < 30; i++) {
        const before = entries.length;
        entries = await readLog(id);
        if (allowed && entries.some((entry) => entry.method === method)) {
            break;
        }
        quiet = entries.length && entries.length === before ? quiet + 1 : 0;
        if (!allowed && quiet === 2) {
            break;
        }
        await pause(120);
    }
    return entries;
}

let configuration = null;

async function readConfiguration() {
    if (configuration === null) {
        const answer = await fetch("/httpd.conf.txt");
        configuration = answer.ok ? await answer.text() : "";
    }
    return configuration;
}

// "CorsAllowOrigins /somewhere/httpd.conf:46" -> the text of the line, and its position
async function directiveText(directive) {
    const place = /^(.*?)\s*\(?(\S*\/)?(httpd\.conf):(\d+)\)?$/
        .exec(directive);
    if (!place) {
        return directive;
    }
    const lines = (await readConfiguration()).split("\n");
    const line = (lines[Number(place[4]) - 1] || "").trim();
    const name = place[1].replace(/\s+at$/, "");
    const text = line.toLowerCase().startsWith(name.toLowerCase())
        ? line : name;
    return `${text} (${place[3]}:${place[4]})`;
}

// ---- the page ---------------------------------------------------------------

function requestText(card) {
    if (card.socket) {
        return `new WebSocket("${socketUrl(card)}")`;
    }
    const init = Object.keys(card.init).length
        ? ", " + JSON.stringify(card.init, null, 2) : "";
    return `fetch("${DEMO.api}${card.path}"${init})`;
}

function socketUrl(card) {
    return DEMO.api.replace(/^http/, "ws") + card.path;
}

async function showExchange(list, entry) {
    const part = element("exchange").content.cloneNode(true);
    const put = (name, text) => {
        part.querySelector(name).textContent = text;
    };
    const withoutPolicy = entry.verdict === "-";

    put(".line", `${entry.method} ${entry.path}: status ${entry.status}`);
    put(".verdict", withoutPolicy ? "none" : entry.verdict);
    put(".reason", withoutPolicy ? "none" : entry.reason);
    put(".directive", withoutPolicy ? NO_POLICY : await directiveText(entry.directive));
    put(".headers", entry.headers.join("\n")
        || "no CORS header, no Vary");
    list.append(part);
}

async function runCard(card, section) {
    const button = section.querySelector(".send");
    const result = section.querySelector(".result");
    const outcome = section.querySelector(".outcome");
    const list = section.querySelector(".exchanges");
    const id = randomId();

    button.disabled = true;
    delete section.dataset.state;
    const response = card.socket
        ? await sendSocket(`${socketUrl(card)}?id=${id}`)
        : await sendFetch(`${DEMO.api}${card.path}?id=${id}`, card.init);
    const method = card.socket ? "GET" : card.init.method || "GET";
    const entries = await waitForLog(id, method, response.allowed);

    outcome.textContent = response.outcome;
    outcome.className = `outcome ${response.allowed ? "good" : "bad"}`;
    section.querySelector(".body").textContent = response.body;
    list.replaceChildren();
    for (const entry of entries) {
        await showExchange(list, entry);
    }
    if (!entries.length) {
        const line = document.createElement("li");
        line.textContent = "The request did not reach the server.";
        list.append(line);
    }
    result.hidden = false;
    section.dataset.outcome = response.allowed ? "allowed" : "blocked";
    section.dataset.state = "done";
    button.disabled = false;
}

function addCard(card, column) {
    const part = element("card").content.cloneNode(true);
    const section = part.querySelector(".card");
    const heading = part.querySelector("h2");
    const button = part.querySelector(".send");

    section.id = card.name;
    heading.id = `${card.name}-title`;
    heading.textContent = card.title;
    button.id = `${card.name}-send`;
    button.setAttribute("aria-labelledby", `${button.id} ${heading.id}`);
    section.setAttribute("aria-labelledby", heading.id);
    part.querySelector(".about").textContent = card.about;
    part.querySelector(".request").textContent = requestText(card);
    button.addEventListener("click", () => runCard(card, section));
    column.append(part);
}

async function start() {
    const here = location.origin;
    const allowed = here === DEMO.allowed;
    const known = allowed || here === DEMO.denied;
    const standing = element("standing");
    const other = element("other");

    element("origin").textContent = here;
    element("api").textContent = DEMO.api;
    standing.textContent = allowed
        ? "The policy allows this origin."
        : known ? "The policy does not allow this origin."
            : `The policy does not know this origin: open ${DEMO.allowed}/`;
    standing.classList.add(allowed ? "good" : "bad");
    document.title = `${allowed ? "Allowed" : "Not allowed"}: `
        + document.title;
    other.href = (allowed ? DEMO.denied : DEMO.allowed) + "/";
    other.textContent = allowed
        ? "The same page, from an origin that is not allowed"
        : "The same page, from an origin that is allowed";

    const columns = document.querySelectorAll(".column");
    CARDS.forEach((card, i) => addCard(card,
        columns[i < CARDS.length / 2 ? 0 : 1]));
    element("all").addEventListener("click", async () => {
        element("all").disabled = true;
        for (const card of CARDS) {
            await runCard(card, element(card.name));
        }
        element("all").disabled = false;
    });
    element("configuration").textContent = await readConfiguration();
}

start();
