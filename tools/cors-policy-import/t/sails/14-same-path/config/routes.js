module.exports.routes = {
  'POST /videos': { action: 'video/create', cors: { allowOrigins: '*' } },
  '/videos': { action: 'video/any', cors: { allowOrigins: ['https://a.example'], allowCredentials: true, allowResponseHeaders: 'x-total' } },
};
