const flags = require('flags');
module.exports.routes = {
  'GET /package': { action: 'x', cors: { allowOrigins: !flags.isProduction ? '*' : [ 'https://app.example' ], allowCredentials: true } },
  'GET /call': { action: 'x', cors: { allowOrigins: flags.get('open') ? [ 'https://app.example' ] : '*' } },
  'GET /level': { action: 'x', cors: { allowOrigins: Number(process.env.LEVEL) >= 50 ? [ 'https://app.example' ] : '*' } },
};
