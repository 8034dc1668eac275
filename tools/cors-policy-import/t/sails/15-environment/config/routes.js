module.exports.routes = {
    'GET /open': { action: 'open', cors: { allowOrigins: process.env.OPEN ? '*' : ['https://b.example'], allowCredentials: true } },
    'GET /other': { action: 'other', cors: process.env.NO_CORS === '1' ? false : { allowOrigins: ['https://c.example'] } },
};
