// Licensed under the Apache License, Version 2.0; see LICENSE.
// Reads the configuration of a Sails app and prints what it says of CORS. The
// app's files run in contexts of their own, where require() finds other files of
// the app and nothing else, and without the environment. That keeps accidents
// out, not malice: read the files of an app that you do not trust.
'use strict';
const fs = require('fs'), path = require('path'), vm = require('vm');
const root = fs.realpathSync(process.argv[2]);
const notes = [];

// whatever is asked of a package that is not here
const nothing = new Proxy(function () {}, {
    get: (_, key) => key === Symbol.toPrimitive ? () => '' : key === 'toJSON' ? () => null : nothing,
    apply: () => nothing, construct: () => nothing,
});
const loaded = {};
function load(file) {
    if (loaded[file]) return loaded[file].exports;
    const module = loaded[file] = { exports: {} };
    if (file.endsWith('.json')) return module.exports = JSON.parse(fs.readFileSync(file, 'utf8'));
    const find = name => {
        if (name === 'path' || name === 'url' || name === 'util') return require(name);
        if (/^\.{1,2}\//.test(name)) {
            const to = path.resolve(path.dirname(file), name);
            for (const end of ['', '.js', '.json', '/index.js']) {
                if (fs.existsSync(to + end) && fs.statSync(to + end).isFile()) {
                    const real = fs.realpathSync(to + end);
                    if (real.startsWith(root + path.sep)) return load(real);
                }
            }
        }
        notes.push(`${path.relative(root, file)} requires '${name}', which is not read here`);
        return nothing;
    };
    const context = vm.createContext({
        module, exports: module.exports, require: find, __filename: file, __dirname: path.dirname(file),
        process: { env: { NODE_ENV: 'production' }, cwd: () => root, argv: [], platform: process.platform },
        console: { log() {}, warn() {}, error() {} }, sails: nothing, _: nothing, Buffer, URL, setTimeout() {},
    });
    vm.runInContext(fs.readFileSync(file, 'utf8'), context, { filename: file, timeout: 5000 });
    return module.exports;
}
function read(name) {
    const file = path.join(root, 'config', name);
    if (!fs.existsSync(file)) return {};
    try { return load(file) || {}; }
    catch (error) {
        notes.push(`config/${name} cannot be run: ${String(error && error.message).split('\n')[0]}`);
        return {};
    }
}
const plain = value => value && typeof value === 'object' && !Array.isArray(value) ? value : {};

const old = plain(read('cors.js').cors), now = plain(plain(read('security.js').security).cors);
const production = plain(read('env/production.js'));
const above = Object.assign({}, plain(production.cors), plain(plain(production.security).cors));
const is_old = Object.keys(old).length > 0 && Object.keys(now).length === 0;
const sockets = Object.assign({}, plain(read('sockets.js').sockets), plain(production.sockets));
if (typeof sockets.beforeConnect === 'function') {
    notes.push('sockets.beforeConnect is a function, which decides by itself; it goes on doing so behind httpd'
        + (sockets.onlyAllowOrigins ? ', and onlyAllowOrigins means nothing beside it' : ''));
    delete sockets.onlyAllowOrigins;
}
if (Object.keys(above).length) notes.push('config/env/production.js has the last word');
if (fs.existsSync(path.join(root, 'config/local.js'))) {
    notes.push('config/local.js is for one machine and is not read');
}
const routes = [];
for (const [address, target] of Object.entries(Object.assign({}, plain(read('routes.js').routes), plain(production.routes)))) {
    const found = [].concat(target).find(one => one && typeof one === 'object' && 'cors' in one);
    if (found) routes.push([address, found.cors === undefined ? null : found.cors]);
}
process.stdout.write(JSON.stringify({
    cors: Object.assign({}, old, now, above), old: is_old, notes, routes, sockets,
    file: is_old ? 'config/cors.js' : 'config/security.js', routes_file: 'config/routes.js',
    sockets_file: plain(production.sockets).onlyAllowOrigins ? 'config/env/production.js' : 'config/sockets.js',
}));
