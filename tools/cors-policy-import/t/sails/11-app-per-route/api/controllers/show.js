// Licensed under the Apache License, Version 2.0; see LICENSE.
module.exports = function show(req, res) {
    res.set('X-Total', '2').set('X-User', 'one').set('ETag', '"1"');
    return res.send('shown\n');
};
