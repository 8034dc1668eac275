module.exports.routes = {
    'GET /set': { action: 'set', cors: { allowOrigins: new Set(['https://a.example']) } },
    'GET /true': { action: 'true', cors: { allowOrigins: true } },
    'GET /promise': { action: 'promise', cors: { allowOrigins: Promise.resolve('*') } },
    'GET /some': { action: 'some', cors: { allowOrigins: ['https://a.example', undefined, 7, null] } },
};
