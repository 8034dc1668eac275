module.exports.routes = {
  'GET /': { view: 'pages/homepage' },
  'POST /signup': { action: 'user/signup', cors: false },
};
