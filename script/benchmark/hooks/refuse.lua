-- Hooks with a wrong signature, each from another address behind the proxy. Argument: the kind, "github" or "webhook".
local kind
local body = '{"image":"ghcr.io/acme/api:1","source":{"message":"' .. string.rep("x", 1990) .. '"}}'
local hex, base64 = string.rep("a", 64), string.rep("A", 43) .. "="

function init(args)
  kind = args[1]
  math.randomseed(os.time())
end

function request()
  local headers = {
    ["Content-Type"] = "application/json",
    ["X-Forwarded-For"] = string.format("10.%d.%d.%d", math.random(0, 255), math.random(0, 255), math.random(0, 255)),
  }
  if kind == "github" then
    headers["X-Hub-Signature-256"] = "sha256=" .. hex
  else
    headers["webhook-id"] = "msg_" .. math.random(1, 1e9)
    headers["webhook-timestamp"] = tostring(os.time())
    headers["webhook-signature"] = "v1," .. base64
  end
  return wrk.format("POST", "/hooks/api", headers, body)
end

-- one line: requests, seconds, refused (status above 399), failed, p50 and p99 in milliseconds
function done(summary, latency)
  local failed = summary.errors
  io.write(string.format("figures %d %f %d %d %f %f\n", summary.requests, summary.duration / 1e6, failed.status,
    failed.connect + failed.read + failed.write + failed.timeout, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
