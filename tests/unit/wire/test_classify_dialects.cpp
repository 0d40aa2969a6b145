// The classifier: error bodies of the other dialects.
#include "classify_rows.h"

using namespace classify_rows;

class TestClassifyDialects : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void otherDialects_data() {
        columns();
        Table claude{"api.anthropic.com", chain::Dialect::anthropic};
        const auto body = [](const char* type, const char* message, const char* code = nullptr) {
            return "{\"type\":\"error\",\"error\":{\"type\":\"" + QByteArray(type) +
                   "\",\"message\":\"" + message + "\",\"details\":" +
                   (code ? "{\"error_code\":\"" + QByteArray(code) + "\"}" : QByteArray("null")) +
                   "},\"request_id\":\"req_1\"}";
        };
        claude.row(400, body("invalid_request_error", "max_tokens: required"),
                   "reject bad_request B0");
        claude.row(400, body("invalid_request_error", "prompt is too long: 210000 tokens"),
                   "reroute context_exceeded B0");
        claude.row(400, body("invalid_request_error", "Your credit balance is too low"),
                   "disable no_money B0 provider");
        claude.row(400,
                   body("invalid_request_error",
                        "You have reached your specified API usage limits. You "
                        "will regain access on 2026-08-20 at 18:00 UTC."),
                   "disable no_money B0 provider after 21600000");
        for (const char* code :
             {"organization_on_hold", "cmek_key_disabled", "claude_code_disabled"})
            claude.row(400, body("invalid_request_error", "m", code),
                       "disable blocked B0 provider");
        claude.row(400, body("invalid_request_error", "m", "available_tools_limit_exceeded"),
                   "reject bad_request B0");
        claude.row(401, body("authentication_error", "invalid x-api-key"),
                   "disable bad_key B0 provider");
        claude.row(402, body("billing_error", "m", "linked_organization_suspended"),
                   "disable no_money B0 provider");
        claude.row(403, body("permission_error", "not allowed"), "disable blocked B0 provider");
        claude.row(403, body("permission_error", "no access to model claude-x"),
                   "reroute model_missing B0");
        claude.row(404, body("not_found_error", "model: claude-1"), "reroute model_missing B0");
        claude.row(409, body("conflict_error", "m"), "retry http_status B0");
        claude.row(413, body("request_too_large", "m"), "reroute context_exceeded B0");
        claude.row(429, body("rate_limit_error", "m"), "cooldown rate_limited B0 after 7000",
                   "retry-after: 7");
        claude.row(429, body("rate_limit_error", "m", "ramp_limit_exceeded"),
                   "cooldown rate_limited B0 after 7000", "retry-after: 7");
        claude.row(429, body("rate_limit_error", "m", "enforced_spend_limit_reached"),
                   "disable no_money B0 provider after 86400000");
        claude.row(500, body("api_error", "Internal"), "retry http_status B+");
        claude.row(503, body("api_error", "m", "cmek_key_unreachable"), "retry http_status B+");
        claude.row(504, body("timeout_error", "m"), "failover http_status B+");
        claude.row(529, body("overloaded_error", "Overloaded"), "failover overloaded B+ after 4000",
                   "retry-after: 4");

        Table gemini{"generativelanguage.googleapis.com", chain::Dialect::gemini};
        gemini.row(
            400,
            R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}})",
            "disable bad_key B0 provider");
        gemini.row(
            400,
            R"({"error":{"code":400,"message":"The input token count exceeds the maximum","status":"INVALID_ARGUMENT"}})",
            "reroute context_exceeded B0");
        gemini.row(400,
                   R"({"error":{"code":400,"message":"bad field","status":"INVALID_ARGUMENT"}})",
                   "reject bad_request B0");
        gemini.row(
            400,
            R"({"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}})",
            "disable blocked B0 provider");
        gemini.row(403, R"({"error":{"code":403,"message":"m","status":"PERMISSION_DENIED"}})",
                   "disable blocked B0 provider");
        gemini.row(404, R"([{"error":{"code":404,"message":"m","status":"NOT_FOUND"}}])",
                   "reroute model_missing B0");
        gemini.row(
            429,
            R"({"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}})",
            "cooldown rate_limited B0 after 34400");
        gemini.row(
            429,
            R"({"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel"}]}]}})",
            "cooldown rate_limited B0 after 3600000");
        // Both limits were hit, in either order; the delay is the minute's.
        for (
            const char* violations :
            {R"({"quotaId":"RequestsPerDayPerProject"},{"quotaId":"RequestsPerMinutePerProject"})",
             R"({"quotaId":"RequestsPerMinutePerProject"},{"quotaId":"RequestsPerDayPerProject"})"})
            gemini.row(
                429,
                R"({"error":{"code":429,"message":"You exceeded your current quota","status":)"
                R"("RESOURCE_EXHAUSTED","details":[{"violations":[)" +
                    QByteArray(violations) + R"(]},{"retryDelay":"34.4s"}]}})",
                "cooldown rate_limited B0 after 3600000");
        gemini.row(
            429,
            R"({"error":{"code":429,"message":"Quota exceeded, limit: 0","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"12s"}]}})",
            "cooldown rate_limited B0 after 3600000");
        gemini.row(
            429,
            R"({"error":{"code":429,"message":"You exceeded your current quota. limit: 0, model: gemini-3.1-pro\nPlease retry in 10h17m5.723541104s.","status":"RESOURCE_EXHAUSTED"}})",
            "cooldown rate_limited B0 after 37025724");
        gemini.row(
            402, R"({"error":{"code":402,"message":"prepay empty","status":"RESOURCE_EXHAUSTED"}})",
            "disable no_money B0 provider");
        gemini.row(499, R"({"error":{"code":499,"message":"m","status":"CANCELLED"}})",
                   "failover http_status B0");
        gemini.row(500, R"({"error":{"code":500,"message":"m","status":"INTERNAL"}})",
                   "retry http_status B+");
        gemini.row(
            503,
            R"({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}})",
            "failover overloaded B+");
        gemini.row(504, R"({"error":{"code":504,"message":"m","status":"DEADLINE_EXCEEDED"}})",
                   "failover http_status B+");

        Table replicate{"api.replicate.com", chain::Dialect::replicate};
        replicate.row(429, R"({"detail":"Request was throttled. Your rate limit resets in ~30s."})",
                      "cooldown rate_limited B0 after 30000");
        replicate.row(
            422,
            R"({"title":"Input validation failed","detail":"- input: prompt is required","status":422})",
            "reject bad_request B0");
        Table fal{"fal.run", chain::Dialect::fal};
        fal.row(504, R"({"detail":"Request timed out","error_type":"request_timeout"})",
                "failover http_status B+");
        fal.row(503, R"({"detail":"m","error_type":"runner_disconnected"})",
                "failover http_status B+");
        fal.row(403, R"({"detail":"User is locked. Reason: Exhausted balance."})",
                "disable no_money B0 provider");
        fal.row(
            422,
            R"({"detail":[{"loc":["body","prompt"],"msg":"flagged","type":"content_policy_violation"}]})",
            "reroute moderation B0");
    }
    void otherDialects() { check(); }
};

QTEST_APPLESS_MAIN(TestClassifyDialects)
#include "test_classify_dialects.moc"
