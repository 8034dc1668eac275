-- Licensed under the Apache License, Version 2.0; see LICENSE.
-- For wrk with one connection for each thread: alternates between an origin that is always
-- allowed and one that never is, and compares the CORS fields of each response.
--   wrk -s turns.lua URL -- PAUSE_IN_MILLISECONDS ALWAYS NEVER
dofile(os.getenv("CORS_WORK") .. "/t/lib/sums.lua")

function init(args)
    pause = tonumber(args[1])
    cases = {
        { text = wrk.format("GET", nil, { ["Origin"] = args[2] }), allowed = args[2] },
        { text = wrk.format("GET", nil, { ["Origin"] = args[3] }), allowed = nil },
    }
    turn = 0
    seen = 0
    wrong = 0
end

function delay()
    return pause
end

function request()
    turn = turn + 1
    return cases[turn % 2 + 1].text
end

function response(status, headers, body)
    local right = status == 200
    local allowed, vary = nil, nil
    for name, value in pairs(headers) do
        local lower = string.lower(name)
        if lower == "access-control-allow-origin" then
            allowed = value
        elseif lower == "vary" then
            vary = value
        elseif string.sub(lower, 1, 15) == "access-control-" then
            right = false
        end
    end
    seen = seen + 1
    if not right or allowed ~= cases[turn % 2 + 1].allowed or vary ~= "Origin" then
        wrong = wrong + 1
    end
end
