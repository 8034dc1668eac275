// Licensed under the Apache License, Version 2.0; see LICENSE.
module.exports.routes = {
    'GET /': { action: 'show' },
    'PUT /': { action: 'show' },
    'DELETE /': { action: 'show' },
    'GET /private': { action: 'show', cors: false },
};
