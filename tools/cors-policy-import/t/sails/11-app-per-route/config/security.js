// Licensed under the Apache License, Version 2.0; see LICENSE.
module.exports.security = {
    cors: {
        allowOrigins: ['https://app.example', 'http://app.example:8080'],
        allowRequestMethods: 'GET,HEAD,PUT,POST',
        allowRequestHeaders: 'content-type,x-token',
        allowResponseHeaders: 'x-total',
        allowCredentials: true,
    },
};
