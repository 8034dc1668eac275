// Licensed under the Apache License, Version 2.0; see LICENSE.
module.exports = function show(req, res) {
    res.set('X-Total', '1').set('X-User', req.param('id')).set('ETag', '"1"');
    return res.json({ id: req.param('id') });
};
