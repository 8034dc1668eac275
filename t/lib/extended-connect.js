// Licensed under the Apache License, Version 2.0; see LICENSE.
// Opens a WebSocket by HTTP/2's extended CONNECT (RFC 8441) and says "hello".
// Prints the status and what came back.
//   node extended-connect.js ADDRESS PATH [ORIGIN [PROTOCOL]]
'use strict';
const http2 = require('http2');
const [address, path, origin, protocol] = process.argv.slice(2);

function end(status, text) {
    console.log(`${status} ${text}`);
    process.exit(0);
}
setTimeout(() => end('none', 'no answer in time'), 20000);

// A text frame as a client sends it, masked (RFC 6455, 5.2).
function frame(text) {
    const mask = Buffer.from([1, 2, 3, 4]);
    const data = Buffer.from(text);
    return Buffer.concat([Buffer.from([0x81, 0x80 | data.length]), mask,
        data.map((byte, i) => byte ^ mask[i % 4])]);
}

const session = http2.connect(address, { rejectUnauthorized: false });
session.on('error', (error) => end('none', error.message));
session.on('remoteSettings', (settings) => {
    if (!settings.enableConnectProtocol) {
        end('none', 'no extended CONNECT');
    }
    const stream = session.request({
        ':method': 'CONNECT', ':protocol': protocol || 'websocket', ':path': path,
        'sec-websocket-version': '13', ...(origin ? { origin } : {}),
    }, { endStream: false });
    let status = 'none';
    let got = Buffer.alloc(0);
    stream.on('error', (error) => end(status, error.message));
    stream.on('response', (headers) => {
        status = headers[':status'];
        if (status !== 200) {
            end(status, 'refused');
        }
        stream.write(frame('hello'));
    });
    stream.on('data', (piece) => {
        got = Buffer.concat([got, piece]);
        if (got.length >= 2 && got.length >= 2 + (got[1] & 0x7f)) {
            end(status, got.subarray(2, 2 + (got[1] & 0x7f)).toString());
        }
    });
    stream.on('end', () => end(status, 'ended'));
});
