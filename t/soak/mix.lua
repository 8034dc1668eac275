-- Licensed under the Apache License, Version 2.0; see LICENSE.
-- For wrk, with one connection for each thread: requests by turns, each on a
-- connection of its own, and each response judged by what was asked.
--   wrk -s mix.lua URL -- PAUSE ALWAYS NEVER
dofile(os.getenv("CORS_WORK") .. "/t/lib/sums.lua")

function init(args)
    local always, never = args[2], args[3]
    pause = tonumber(args[1])
    cases = {}
    local function case(method, path, status, allowed, origin, more)
        local headers = { ["Connection"] = "close", ["Origin"] = origin }
        for name, value in pairs(more or {}) do
            headers[name] = value
        end
        table.insert(cases, { text = wrk.format(method, path, headers),
            status = status, allowed = allowed })
    end
    local preflight = { ["Access-Control-Request-Method"] = "PUT" }
    local handshake = { ["Upgrade"] = "websocket", ["Connection"] = "Upgrade, close",
        ["Sec-WebSocket-Key"] = "MDEyMzQ1Njc4OWFiY2RlZg==", ["Sec-WebSocket-Version"] = "13" }
    case("GET", "/plain.txt", 200, always, always)
    case("GET", "/plain.txt", 200, "nothing", never)
    case("GET", "/plain.txt", 200, "https://word.example", "https://word.example")
    case("OPTIONS", "/plain.txt", 204, always, always, preflight)
    case("OPTIONS", "/plain.txt", 403, "nothing", never, preflight)
    case("GET", "/plain.txt", 403, "nothing", never, handshake)
    case("GET", "/reject", 403, "nothing", never)
    case("GET", "/htaccess-policy/a", 200, "https://app.example", "https://app.example")
    case("GET", "/htaccess-policy/a", 200, "nothing", always)
    next_case = 0
    seen = 0
    wrong = 0
end

function delay()
    return pause
end

function request()
    next_case = next_case % #cases + 1
    return cases[next_case].text
end

function response(status, headers, body)
    local case = cases[next_case]
    local got = "nothing"
    for name, value in pairs(headers) do
        if string.lower(name) == "access-control-allow-origin" then
            got = value
        end
    end
    seen = seen + 1
    if status ~= case.status or got ~= case.allowed then
        wrong = wrong + 1
    end
end
