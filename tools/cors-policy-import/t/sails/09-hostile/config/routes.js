module.exports.routes = {
  '/a">\nLoadModule y_module /y.so\n<Location "/b': { action: 'x', cors: true },
  '/quote"/:x': { action: 'y', cors: { allowRequestMethods: 'GET\nLoadModule z_module /z.so' } },
  'r|^/re"(q)\\">$|q': { action: 'y', cors: false },
  'r|^/open(|': { action: 'y', cors: true },
  'GET /${HOME}/:id("\\d+)': { action: 'y', cors: 'https://b.example\\' },
};
