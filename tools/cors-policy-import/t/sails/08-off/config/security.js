module.exports.security = { cors: { allowOrigins: ['https://example.com'] } };
