module.exports.security = { cors: { allRoutes: true, allowOrigins: ['https://a.example', process.env.FRONT_END], allowCredentials: process.env.COOKIES === 'yes' } };
