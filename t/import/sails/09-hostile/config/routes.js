module.exports.routes = {
  '/a">\nLoadModule y_module /y.so\n<Location "/b': { action: 'x', cors: true },
  '/quote"/:x': { action: 'y', cors: { allowRequestMethods: 'GET\nLoadModule z_module /z.so' } },
};
