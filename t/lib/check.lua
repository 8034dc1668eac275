-- Licensed under the Apache License, Version 2.0; see LICENSE.
-- For wrk: every response must have what is expected of its origin, and 200.
--   wrk -s check.lua URL -- ORIGIN EXPECTED
dofile(os.getenv("CORS_WORK") .. "/t/lib/sums.lua")

function init(args)
    wrk.headers["Origin"] = args[1]
    wrk.headers["Connection"] = "close"
    expected = args[2]
    wrong = 0
    seen = 0
end

function response(status, headers, body)
    seen = seen + 1
    local got = "nothing"
    local vary = "nothing"
    for name, value in pairs(headers) do
        if string.lower(name) == "access-control-allow-origin" then
            got = value
        elseif string.lower(name) == "vary" then
            vary = value
        end
    end
    if status ~= 200 or got ~= expected or vary ~= "Origin" then
        wrong = wrong + 1
    end
end
