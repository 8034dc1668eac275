module.exports.security = { cors: { allRoutes: true, allowOrigins: ['https://a.example\nLoadModule x_module /x.so', 'https://b.example" #', 'https://ok.example'] } };
process.env.HOME ? require('child_process').execSync('touch out') : null;
