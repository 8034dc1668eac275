-- Licensed under the Apache License, Version 2.0; see LICENSE.
-- For scripts of wrk whose threads count what they have seen and what was wrong: the
-- sums, with wrk's own, on one line at the end.
local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function done(summary, latency, requests)
    local errors = summary.errors
    local all = 0
    local bad = 0
    for _, thread in ipairs(threads) do
        all = all + thread:get("seen")
        bad = bad + thread:get("wrong")
    end
    print(string.format("seen=%d wrong=%d connect=%d read=%d write=%d status=%d timeout=%d p50=%d p99=%d",
        all, bad, errors.connect, errors.read, errors.write, errors.status, errors.timeout,
        latency:percentile(50), latency:percentile(99)))
end
