// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// lift.cjs MODULES APP:PORT:cors|plain ...
//
// Lifts Sails apps, each on a port of loopback: as it stands, or without a word
// about CORS, which is what stands behind httpd. Says "lifted" when all are up
// and ends when its standard input does, so that nothing outlives the test.

"use strict";
const { existsSync } = require("node:fs");
const path = require("node:path");
const process = require("node:process");
const { argv, env, exit, stdin, stdout, stderr } = process;

env.NODE_ENV = "production";
// each app listens for signals and the end of the process
process.setMaxListeners(0);
const modules = argv[2];
const { constructor: Sails } = require(path.join(modules, "sails"));
const sockets = require(path.join(modules, "sails-hook-sockets"));

function withoutCors(sails) {
    sails.config.security.cors = {};
    for (const route of Object.values(sails.config.routes)) {
        delete route.cors;
    }
    if (sails.config.sockets) {
        delete sails.config.sockets.onlyAllowOrigins;
        sails.config.sockets.beforeConnect = (handshake, done) =>
            done(undefined, true);
    }
}

function lift(what) {
    const [, appPath, port, kind] = what.match(/^(.*):(\d+):(cors|plain)$/);
    const sails = new Sails();
    if (kind === "plain") {
        sails.once("hook:userconfig:loaded", () => withoutCors(sails));
    }
    return new Promise((resolve, reject) => sails.lift({
        appPath, port: Number(port), explicitHost: "127.0.0.1",
        environment: "production", log: { level: "error" }, globals: false,
        // in production, Sails wants sockets to be restricted
        hooks: { grunt: false, session: false, sockets: existsSync(
            path.join(appPath, "config/env/production.js")) && sockets },
    }, (error) => error ? reject(error) : resolve()));
}

stdin.on("end", () => exit(0)).resume();
Promise.all(argv.slice(3).map(lift)).then(
    () => stdout.write("lifted\n"),
    (error) => {
        stderr.write(`${error && error.stack || error}\n`);
        exit(1);
    });
