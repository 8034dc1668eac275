// each of these is the list only with both variables, or with what a package gives
const flags = require('flags');
module.exports.security = { cors: { allRoutes: true, allowOrigins: process.env.FRONT && process.env.PRODUCTION ? [ 'https://app.example' ] : '*',
  allowRequestHeaders: flags.isOpen ? 'content-type' : 'content-type, x-token' } };
