module.exports.cors = { allRoutes: true };
