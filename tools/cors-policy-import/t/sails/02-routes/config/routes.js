module.exports.routes = {
  'GET /videos': {
    action: 'video/find',
    cors: { allowOrigins: ['http://example.com','https://api.example.com'], allowCredentials: false },
  },
  '/plain': { action: 'plain', cors: true },
  'PUT /user/:id': { action: 'user/update', cors: 'https://two.example' },
  '/files/*': { action: 'files/get', cors: { allowRequestMethods: 'GET,HEAD' } },
  '/listed': [{ policy: 'isLoggedIn' }, { action: 'files/get', cors: true }],
  'get /archive/:year/:month?': { action: 'archive', cors: { allowOrigins: '*', allowCredentials: false } },
  'r|^/\\d+/(\\w+)$|number': { action: 'number', cors: true },
  'ALL /hooks': { action: 'hooks', cors: { allowOrigins: '*' } },
  '/nothing': 'PageController.nothing',
};
