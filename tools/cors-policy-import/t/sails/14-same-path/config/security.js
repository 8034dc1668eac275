module.exports.security = { cors: { allowOrigins: ['https://app.example'] } };
