// Licensed under the Apache License, Version 2.0; see LICENSE.
//
// Firefox without a window. Where it is: FIREFOX (a path or a name), else by the
// names that systems give it. It is the system's Firefox, which playwright drives by
// WebDriver BiDi.

import { env } from "node:process";
import { firefox } from "playwright-core";
import { findProgram } from "./chromium.mjs";

// preferences: what else is set in its profile
export function launchFirefox(preferences) {
    return firefox.launch({
        // a channel of this name means BiDi, and no patched Firefox
        channel: "moz-firefox",
        executablePath: findProgram("FIREFOX", "firefox-esr", "firefox"),
        headless: true,
        firefoxUserPrefs: {
            // the servers listen on 127.0.0.1 alone
            "network.dns.disableIPv6": true,
            // off by default
            "browser.send_pings": true,
            // the user agrees to send a form again
            "dom.confirm_repost.testing.always_accept": true,
            ...preferences,
        },
    });
}
