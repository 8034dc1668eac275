module.exports.security = { cors: { allRoutes: true, allowOrigins: function (origin) { return origin === 'https://a.example'; }, allowCredentials: true } };
