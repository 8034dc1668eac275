module.exports.security = { cors: { allRoutes: true, allowOrigins: '*' } };
