// Licensed under the Apache License, Version 2.0; see LICENSE.
module.exports.security = {
    cors: { allRoutes: true, allowOrigins: '*', allowCredentials: false },
};
