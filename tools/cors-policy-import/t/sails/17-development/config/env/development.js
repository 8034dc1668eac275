module.exports = { cors: { allRoutes: true, origin: '*', credentials: true } };
