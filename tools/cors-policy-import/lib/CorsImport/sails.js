// Licensed under the Apache License, Version 2.0; see LICENSE.
// Reads the configuration of a Sails app and prints its CORS settings. The
// app's files run in contexts of their own, where require() finds other files of
// the app and nothing else, and without the environment. That keeps accidents
// out, not malice: read the files of an app that you do not trust. A variable of
// the environment that is asked for is tried with several values, and what then
// differs is printed as not known.
'use strict';
const fs = require('fs'), path = require('path'), vm = require('vm');
const root = fs.realpathSync(process.argv[2]);

// A package that is not here: its properties and the results of its functions are
// like itself. Since a condition may need either, another run has one property
// (absent), or all results ('()'), undefined.
const properties = new Set();
let absent;
const nothing = new Proxy(function () {}, {
    get: (_, key) => {
        if (key === Symbol.toPrimitive) return () => '';
        if (key === 'toJSON') return () => ({ unknown: 'a package' });
        if (typeof key === 'string') properties.add(key);
        return key === absent ? undefined : nothing;
    },
    apply: () => absent === '()' ? undefined : nothing, construct: () => nothing,
});
const plain = value => value && typeof value === 'object' && value !== nothing && !Array.isArray(value) ? value : {};
const asked = {}, differing = new Set();
let has_packages = false, is_partial = false;

// One value as JSON; what is neither a string, a number, true or false, nor a list
// or a dictionary of those is not known.
function described(value, depth = 0) {
    if (value === null || value === undefined || [ 'string', 'number', 'boolean' ].includes(typeof value)) return value;
    if (value === nothing) return { unknown: 'what a package gives' };
    if (Array.isArray(value) && depth < 4) return Array.from(value, one => described(one, depth + 1) ?? { unknown: String(one) });
    const is = Object.prototype.toString.call(value).slice(8, -1);
    if (is !== 'Object' || depth >= 4) return { unknown: `a ${is}` };
    return Object.fromEntries(Object.keys(value).map(key => [ key, described(value[key], depth + 1) ]));
}

// Runs the files of the app with a variable of the environment set, all of them
// ('*'), or none.
function reader(variable, given, notes, unread) {
    const loaded = {};
    const env = file => new Proxy({}, {
        get: (_, key) => {
            if (key === 'NODE_ENV' && variable !== key) return 'production';
            if (typeof key === 'string') (asked[key] = asked[key] || new Set()).add(file);
            return key === variable || variable === '*' ? given : undefined;
        },
        has: (_, key) => {
            if (typeof key === 'string' && key !== 'NODE_ENV') (asked[key] = asked[key] || new Set()).add(file);
            return key === 'NODE_ENV' || key === variable || variable === '*';
        },
        ownKeys: () => { throw new Error('it lists the environment, which is not known here'); },
    });
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
            notes.add(`${path.relative(root, file)} requires '${name}', which is not read here`);
            has_packages = true;
            return nothing;
        };
        const context = vm.createContext({
            module, exports: module.exports, require: find, __filename: file, __dirname: path.dirname(file),
            process: { env: env(path.relative(root, file)), cwd: () => root, argv: [], platform: process.platform, on() {} },
            console: { log() {}, warn() {}, error() {} }, sails: nothing, _: nothing, Buffer, URL, setTimeout() {},
        });
        vm.runInContext(fs.readFileSync(file, 'utf8'), context, { filename: file, timeout: 5000 });
        return module.exports;
    }
    return name => {
        const file = path.join(root, 'config', name);
        if (!fs.existsSync(file)) {
            if (fs.existsSync(file.replace(/js$/, 'ts'))) unread.add(`config/${name.replace(/js$/, 'ts')} is TypeScript, which is not read here`);
            return {};
        }
        try { return load(fs.realpathSync(file)) || {}; }
        catch (error) {
            unread.add(`config/${name} cannot be run: ${String(error && error.message).split('\n')[0]}`);
            return {};
        }
    };
}

// The CORS settings of the app with a variable set, or none.
function extract(variable, given) {
    const notes = new Set(), unread = new Set();
    const read = reader(variable, given, notes, unread);
    const old = plain(read('cors.js').cors), now = plain(plain(read('security.js').security).cors);
    const production = plain(read('env/production.js'));
    const above = Object.assign({}, plain(production.cors), plain(plain(production.security).cors));
    const is_old = Object.keys(old).length > 0 && Object.keys(now).length === 0;
    const sockets = Object.assign({}, plain(read('sockets.js').sockets), plain(production.sockets));
    if (typeof sockets.beforeConnect === 'function') {
        notes.add('sockets.beforeConnect is a function, which still decides behind httpd'
            + (sockets.onlyAllowOrigins ? ', and onlyAllowOrigins has no effect beside it' : ''));
        delete sockets.onlyAllowOrigins;
    }
    if (Object.keys(above).length) notes.add('config/env/production.js overrides the other files');
    if (fs.existsSync(path.join(root, 'config/local.js'))) notes.add('config/local.js is for one machine and is not read');
    const routes = [];
    for (const [address, target] of Object.entries(Object.assign({}, plain(read('routes.js').routes), plain(production.routes)))) {
        const has_cors = one => one && typeof one === 'object' && one !== nothing && 'cors' in one;
        if (!Array.isArray(target) && has_cors(target)) routes.push([address, described(target.cors) ?? null]);
        else if (Array.isArray(target) && target.some(has_cors)) notes.add(`the cors of '${address}' is in a list of targets, where Sails ignores it`);
    }
    const cors = described(Object.assign({}, old, now, above));
    // what is undefined is as if it were not there
    const undefined_ones = Object.entries(cors).filter(([, value]) => value === undefined).map(([key]) => key);
    for (const key of undefined_ones) delete cors[key];
    return {
        cors, old: is_old, notes: [...notes], unread: [...unread], routes, sockets: { onlyAllowOrigins: described(sockets.onlyAllowOrigins) },
        file: is_old ? 'config/cors.js' : 'config/security.js', routes_file: 'config/routes.js',
        sockets_file: plain(production.sockets).onlyAllowOrigins ? 'config/env/production.js' : 'config/sockets.js',
    };
}

// Puts "not known" where another run differs, with the reason.
function compare(base, other, name, reason) {
    const unknown = { unknown: reason };
    const differs = (one, two) => JSON.stringify(one) !== JSON.stringify(two) && !!differing.add(name);
    const is_unknown = value => plain(value) === value && value.unknown !== undefined;
    const settings = (one, two) => {
        for (const key of new Set([ ...Object.keys(one), ...Object.keys(two) ])) {
            if (is_unknown(one[key]) || !differs(one[key], two[key])) continue;
            // of a list, the elements that differ
            if (Array.isArray(one[key]) && Array.isArray(two[key]) && one[key].length === two[key].length) {
                one[key] = one[key].map((element, at) => is_unknown(element) || !differs(element, two[key][at]) ? element : unknown);
            }
            else one[key] = unknown;
        }
    };
    if (other.unread.length > base.unread.length) return false;
    settings(base.cors, other.cors);
    settings(base.sockets, other.sockets);
    const theirs = Object.fromEntries(other.routes);
    for (const route of base.routes) {
        const [address, value] = route;
        if (plain(value) === value && plain(theirs[address]) === theirs[address] && !value.unknown) settings(value, theirs[address]);
        else if (!is_unknown(value) && differs(value, theirs[address])) route[1] = unknown;
        delete theirs[address];
    }
    for (const address of Object.keys(theirs)) base.routes.push([ address, unknown ]);
    return true;
}

const app = extract();
// the texts of the files are what a variable may be compared with
const tried = new Set();
for (let count = 0; count < 300;) {
    const name = Object.keys(asked).find(one => !tried.has(one));
    if (!name) break;
    tried.add(name);
    const texts = [...asked[name]].flatMap(file => [...fs.readFileSync(path.join(root, file), 'utf8').matchAll(/'([^'\n]{0,80})'|"([^"\n]{0,80})"|`([^`$\n]{0,80})`/g)].map(found => found[1] ?? found[2] ?? found[3]));
    if (name === 'NODE_ENV') continue;
    for (const value of new Set([ 'https://not-known.invalid', 'true', 'false', '0', '1', '', '2', '100', '65536', ...texts.slice(0, 60) ])) {
        count++;
        compare(app, extract(name, value), name, `process.env.${name}`);
    }
    if (differing.has(name) || [...asked[name]].some(file => /^config.(?:cors|security)\.js$/.test(file))) {
        app.notes.push(`${[...asked[name]].join(', ')} reads process.env.${name}, which is not known here`);
    }
}
const names = Object.keys(asked).filter(name => name !== 'NODE_ENV');
if (names.length > 1) {
    for (const value of [ 'https://not-known.invalid', 'true', 'false', '0', '1' ]) compare(app, extract('*', value), '*', `process.env: ${names.join(', ')}`);
}
if (has_packages) {
    for (absent of [ '()', ...[...properties].slice(0, 60) ]) compare(app, extract(), 'a package', 'what a package gives');
    absent = undefined;
}
// other files with CORS settings
const read_here = /^config\/(?:cors|security|routes|sockets|local|env\/production)\.js$/;
(function walk(folder) {
    for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
        const name = `${folder}/${entry.name}`;
        if (entry.isDirectory()) walk(name);
        else if (/\.[jt]s$/.test(name) && !read_here.test(name) && /\bcors\b|Access-Control-/i.test(fs.readFileSync(path.join(root, name), 'utf8').replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, ''))) {
            const is_environment = /^config\/env\//.test(name);
            app.notes.push(`${name} has CORS settings ${is_environment ? 'of another environment, which are not imported' : 'and is not read here'}`);
            if (!is_environment) is_partial = true;
        }
    }
})('config');
process.stdout.write(JSON.stringify({ ...app, is_partial }));
