// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// A server in Node.js for the benchmark:
//   node server.js express|fastify PORT [FILE]
// With FILE, it allows the origins in this file, one in a line, by the framework's own
// CORS package. Each GET has 100 bytes as its response.
'use strict';

const fs = require('node:fs');

const [framework, port, file] = process.argv.slice(2);
const origins = file && fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
const options = { origin: origins, methods: ['GET', 'PUT', 'DELETE'], allowedHeaders: ['content-type', 'authorization', 'x-token'],
    exposedHeaders: ['X-Total', 'X-Page'], credentials: true, maxAge: 600 };
const path = '/api/small.txt';
const body = 'x'.repeat(100);

async function start() {
    if (framework === 'express') {
        const app = require('express')();
        if (origins) {
            app.use(require('cors')(options));
        }
        app.get(path, (request, response) => response.type('text').send(body));
        app.listen(port, '127.0.0.1');
        return;
    }
    const app = require('fastify')();
    if (origins) {
        await app.register(require('@fastify/cors'), options);
    }
    app.get(path, (request, reply) => reply.type('text/plain').send(body));
    if (!origins) {
        app.options(path, (request, reply) => reply.code(204).send());
    }
    await app.listen({ port, host: '127.0.0.1' });
}

start();
