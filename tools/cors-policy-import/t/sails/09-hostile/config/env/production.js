module.exports = { log: { level: 'the end of a line \\' } };
