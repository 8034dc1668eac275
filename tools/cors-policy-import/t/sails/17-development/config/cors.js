module.exports.cors = {};
