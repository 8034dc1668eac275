// Licensed under the Apache License, Version 2.0; see LICENSE.
"use strict";

const INTERVAL = 500;
const EVENTS = 8;
const BUTTONS = ["add", "remove", "empty", "bad", "good", "stop", "start", "restart"];

const element = (id) => document.getElementById(id);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let before = null;
let pressed = null;
let working = false;

// ---- what happened ----------------------------------------------------------

function note(text) {
    const line = document.createElement("li");
    const time = document.createElement("time");
    const now = new Date();

    time.dateTime = now.toISOString();
    time.textContent = now.toISOString().slice(11, 21);
    line.append(time, text);
    element("events").prepend(line);
    while (element("events").children.length > EVENTS) {
        element("events").lastChild.remove();
    }
}

function noteChanges(state) {
    const after = pressed === null ? ""
        : `, ${((performance.now() - pressed) / 1000).toFixed(1)} s after the button`;

    state.servers.forEach((server, i) => {
        const old = before.servers[i];
        if (old.allowed !== server.allowed) {
            note(`${server.name} ${server.allowed ? "allows" : "denies"} ${state.origin}${after}`);
        }
        else if (old.list && server.list && old.list.sum !== server.list.sum) {
            note(`${server.name} has another list${after}`);
        }
        const was = newest(old.list);
        const is = newest(server.list);
        if (was !== is) {
            note(`${server.name}, newest list: ${is}${after}`);
        }
    });
}

// ---- the state --------------------------------------------------------------

// What became of the newest list that the server was given.
function newest(list) {
    if (!list) {
        return "no answer";
    }
    if (list.held_back) {
        return `held back: it is ${list.held_back === "empty" ? "empty" : "much shorter"}`;
    }
    if (list.bad_rows > 0) {
        return `refused: ${list.bad_rows} bad rows`;
    }
    return list.loaded ? "in force" : "not loaded yet";
}

const clock = (text) => text ? `${text.slice(11, 19)} UTC` : "never";

function mark(node, good, text) {
    node.textContent = text;
    node.classList.toggle("good", good);
    node.classList.toggle("bad", !good);
}

function showServer(server, origin, i) {
    let card = element("servers").children[i];
    if (!card) {
        card = element("server").content.cloneNode(true).firstElementChild;
        card.querySelector("h2").id = `server-${i + 1}-title`;
        card.setAttribute("aria-labelledby", `server-${i + 1}-title`);
        card.querySelector("h2").textContent = server.name;
        card.querySelector(".type").textContent = server.type;
        card.querySelector(".question").textContent = `A request from ${origin}`;
        card.querySelector(".page").href = `${server.url}/cors-policy?view=policies`;
        element("servers").append(card);
    }
    const put = (name, text) => {
        const node = card.querySelector(`.${name}`);
        if (node.textContent !== text) {
            node.textContent = text;
        }
    };
    const list = server.list;

    mark(card.querySelector(".step"), server.in_step, server.in_step ? "in step" : "not in step");
    mark(card.querySelector(".permission"), server.allowed, server.allowed ? "Allowed right now" : "Not allowed right now");
    put("answer", server.answer);
    put("sum", list?.sum ?? "none");
    put("version", list?.list_version ?? "none");
    put("entries", String(list ? list.listed : 0));
    put("loaded", clock(list?.loaded_at));
    put("confirmed", clock(server.confirmed_at));
    put("failures", String(list ? list.failures : "unknown"));
    put("newest", newest(list));
}

function showDatabase(database) {
    mark(element("running"), Boolean(database), database ? "running" : "stopped");
    element("table").textContent = database
        ? `The table has ${database.rows.length} rows and the version ${database.version}.`
        : "Nothing can be read. Each server keeps the list that it has.";
    element("rows").replaceChildren(...(database ? database.rows : []).map((row) => {
        const line = document.createElement("li");
        line.textContent = row;
        return line;
    }));
}

function enableButtons(state) {
    for (const button of document.querySelectorAll("button")) {
        button.disabled = working || (button.dataset.needs === "database") !== Boolean(state.database);
    }
}

function show(state) {
    element("add").textContent = `Add ${state.origin}`;
    element("remove").textContent = `Remove ${state.origin}`;
    mark(element("standing"), state.in_step, state.in_step
        ? "All three servers have the same list." : "The servers have different lists.");
    showDatabase(state.database);
    state.servers.forEach((server, i) => showServer(server, state.origin, i));
    enableButtons(state);
    if (before) {
        noteChanges(state);
    }
    before = state;
    document.body.dataset.state = "shown";
}

async function ask(path, init) {
    const answer = await fetch(`/fleet/${path}`, { cache: "no-store", ...init });
    const body = await answer.json();
    if (!answer.ok) {
        throw new Error(body.error);
    }
    return body;
}

async function press(name) {
    element("error").hidden = true;
    working = true;
    enableButtons(before);
    note(element(name).textContent);
    pressed = performance.now();
    try {
        await ask(name, { method: "POST" });
    }
    catch (error) {
        element("error").textContent = error.message;
        element("error").hidden = false;
    }
    working = false;
}

async function watch() {
    for (;;) {
        try {
            show(await ask("state"));
        }
        catch {
            mark(element("standing"), false, "The demo does not answer.");
        }
        await pause(INTERVAL);
    }
}

for (const name of BUTTONS) {
    element(name).addEventListener("click", () => press(name));
}
watch();
