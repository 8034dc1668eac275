module.exports = {
  datastores: { default: { url: process.env.DATABASE_URL, other: require('some-package')() } },
  security: { cors: { allowOrigins: ['https://example.com'], allowCredentials: true } },
  sockets: { onlyAllowOrigins: ['https://example.com', 'https://staging.example.com'], beforeConnect: function (handshake, proceed) { return proceed(); } },
};
