// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// Writes screenshots as small PNG files, for the pictures of the manual.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { env, stdout } from "node:process";
import { deflateSync } from "node:zlib";

const LIMIT = 150 * 1024;

const table = Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) {
        n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    }
    return n >>> 0;
});

function checksum(bytes) {
    let sum = 0xffffffff;
    for (const byte of bytes) {
        sum = table[(sum ^ byte) & 255] ^ (sum >>> 8);
    }
    return (sum ^ 0xffffffff) >>> 0;
}

function chunk(type, data) {
    const all = Buffer.alloc(data.length + 12);
    all.writeUInt32BE(data.length);
    all.write(type, 4, "latin1");
    data.copy(all, 8);
    all.writeUInt32BE(checksum(all.subarray(4, -4)), all.length - 4);
    return all;
}

// A PNG with a palette. A page has few colours; their precision is reduced until 256
// are enough.
function encode(width, height, rgba) {
    for (let lost = 0; ; lost++) {
        const palette = new Map();
        const rows = Buffer.alloc((width + 1) * height);
        const round = (value) => Math.min(255,
            (((value >> lost) << lost) + (lost ? 1 << (lost - 1) : 0))
                | (value === 255 ? 255 : 0));
        for (let i = 0; i < width * height && palette.size <= 256; i++) {
            const colour = [0, 1, 2].map((n) => round(rgba[i * 4 + n]))
                .join();
            if (!palette.has(colour)) {
                palette.set(colour, palette.size);
            }
            rows[i + Math.floor(i / width) + 1] = palette.get(colour);
        }
        if (palette.size > 256) {
            continue;
        }
        const header = Buffer.alloc(13);
        header.writeUInt32BE(width);
        header.writeUInt32BE(height, 4);
        header.set([8, 3, 0, 0, 0], 8);
        return Buffer.concat([
            Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header),
            chunk("PLTE", Buffer.from([...palette.keys()].join().split(",")
                .map(Number))),
            chunk("IDAT", deflateSync(rows, { level: 9 })),
            chunk("IEND", Buffer.alloc(0)),
        ]);
    }
}

// Join screenshots side by side in one file.
export async function save(browser, name, ...shots) {
    const canvas = await browser.newPage();
    const { width, height, bytes } = await canvas.evaluate(async (all) => {
        const images = await Promise.all(all.map(async (data) => {
            const image = new Image();
            image.src = `data:image/png;base64,${data}`;
            await image.decode();
            return image;
        }));
        const size = {
            width: images.reduce((sum, image) => sum + image.width, 0),
            height: Math.max(...images.map((image) => image.height)),
        };
        const context = Object.assign(document.createElement("canvas"), size)
            .getContext("2d");
        let left = 0;
        for (const image of images) {
            context.drawImage(image, left, 0);
            left += image.width;
        }
        const { data } = context.getImageData(0, 0, size.width, size.height);
        let text = "";
        for (let i = 0; i < data.length; i += 32768) {
            text += String.fromCharCode(...data.subarray(i, i + 32768));
        }
        return { ...size, bytes: btoa(text) };
    }, shots.map((shot) => shot.toString("base64")));
    const small = encode(width, height, Buffer.from(bytes, "base64"));
    if (small.length >= LIMIT) {
        throw new Error(`${name} has ${small.length} bytes`);
    }
    writeFileSync(join(env.DEMO_PICTURES, name), small);
    stdout.write(`${name}: ${width} x ${height}, ${small.length} bytes\n`);
    await canvas.close();
}
