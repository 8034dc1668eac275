const origins = require('../lib/origins');
module.exports.security = { cors: { allowOrigins: origins, allowCredentials: true, allowRequestHeaders: 'content-type, x-token', allowResponseHeaders: 'x-total' } };
