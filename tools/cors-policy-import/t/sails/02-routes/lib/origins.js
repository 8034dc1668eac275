module.exports = ['https://app.example', 'https://admin.example/'];
