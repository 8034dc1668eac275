// Licensed under the Apache License, Version 2.0; see LICENSE.
module.exports.routes = {
    'GET /': { action: 'show' },
    'PUT /': { action: 'show' },
    'GET /signup': { action: 'show' },
    'POST /signup': { action: 'show', cors: false },
    'PUT /signup': { action: 'show', cors: false },
    'GET /videos': {
        action: 'show',
        cors: { allowOrigins: ['https://video.example'], allowCredentials: true, allowResponseHeaders: 'x-total' },
    },
    'PUT /videos': { action: 'show', cors: { allowOrigins: ['https://video.example'], allowCredentials: true } },
    '/on': { action: 'show', cors: true },
    'GET /one': { action: 'show', cors: 'https://one.example' },
};
