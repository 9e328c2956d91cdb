-- one line: requests, seconds, failed, p99 in milliseconds
function done(summary, latency)
  local failed = summary.errors
  io.write(string.format("figures %d %f %d %f\n", summary.requests, summary.duration / 1e6,
    failed.status + failed.connect + failed.read + failed.write + failed.timeout, latency:percentile(99) / 1e3))
end
