// Licensed under the Apache License, Version 2.0; see LICENSE.
module.exports.routes = {
    'GET /plain': { action: 'show' },
    '/on': { action: 'show', cors: true },
    'PUT /put': { action: 'show', cors: true },
    'GET /put': { action: 'show' },
    'GET /off': { action: 'show', cors: false },
    'GET /one': { action: 'show', cors: 'https://one.example' },
    'GET /two': { action: 'show', cors: 'https://one.example, https://read.example' },
    'GET /videos': {
        action: 'video/find',
        cors: {
            allowOrigins: ['http://example.com', 'https://api.example.com', 'http://blog.example.com:1337', 'https://foo.com:8888'],
            allowCredentials: false,
        },
    },
    'PUT /videos': {
        action: 'video/find',
        cors: { allowOrigins: ['https://edit.example'], allowRequestMethods: 'PUT' },
    },
    'GET /public': { action: 'show', cors: { allowOrigins: '*', allowCredentials: false } },
    'GET /user/:id': { action: 'user/show', cors: { allowOrigins: ['https://read.example'], allowResponseHeaders: 'x-total,x-user' } },
    'PATCH /user/:id': { action: 'user/show', cors: { allowOrigins: ['https://write.example'], allowRequestMethods: 'PATCH' } },
    'DELETE /user/:id': { action: 'user/show' },
    '/files/*': { action: 'show', cors: { allowRequestMethods: 'GET,DELETE', allowRequestHeaders: 'x-file' } },
    'POST /old': {
        action: 'show',
        cors: { origin: 'https://old.example, https://older.example', credentials: true, headers: 'x-old', methods: 'POST, DELETE', exposeHeaders: 'x-user' },
    },
    '/anybody': {
        action: 'show',
        cors: { allowOrigins: '*', allowCredentials: true, allowAnyOriginWithCredentialsUnsafe: true },
    },
    'GET /listed': [{ action: 'show', cors: { allowOrigins: '*', allowCredentials: false } }],
    'GET /foo/bar': { action: 'show', cors: { allowOrigins: ['http://foobar.com', 'https://owlhoot.com'], allowCredentials: false } },
};
