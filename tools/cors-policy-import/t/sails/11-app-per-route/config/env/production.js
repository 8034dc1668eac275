// Licensed under the Apache License, Version 2.0; see LICENSE.
module.exports = {
    sockets: { onlyAllowOrigins: ['https://app.example', 'https://staging.example:8443'] },
};
