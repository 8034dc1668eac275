module.exports.security = {
  cors: {
    allRoutes: true,
    allowOrigins: ['http://example.com','https://api.example.com','http://blog.example.com:1337','https://foo.com:8888'],
  },
};
