const env = { ...process.env };
module.exports.security = { cors: { allRoutes: true, allowOrigins: env.FRONT || '*' } };
