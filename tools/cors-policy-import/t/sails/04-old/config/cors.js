module.exports.cors = {
  allRoutes: true,
  origin: 'http://example.com, http://old.example.com:80',
  credentials: true,
  methods: 'GET, POST, PUT, DELETE, OPTIONS, HEAD',
  headers: 'content-type, authorization, cookie',
  securityLevel: 1,
};
