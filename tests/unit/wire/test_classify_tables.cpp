// The classifier: what the tables of the vendors' errors have beyond the usual, row by row.
#include "classify_rows.h"

using namespace classify_rows;

class TestClassifyTables : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void anthropic_data() {
        columns();
        Table claude{"api.anthropic.com", chain::Dialect::anthropic};
        const auto body = [](const char* type, const char* message, const char* code = nullptr) {
            return "{\"type\":\"error\",\"error\":{\"type\":\"" + QByteArray(type) +
                   "\",\"message\":\"" + message + "\",\"details\":" +
                   (code ? "{\"error_code\":\"" + QByteArray(code) + "\"}" : QByteArray("null")) +
                   "},\"request_id\":\"req_1\"}";
        };
        const char* invalid = "invalid_request_error";
        claude.row(400,
                   body(invalid, "You have reached your specified workspace API usage limits. You "
                                 "will regain access on 2026-08-20 at 13:00 UTC."),
                   "disable no_money B0 provider after 3600000");
        for (const char* code : {"cmek_key_network_blocked", "claude_code_plan_required"})
            claude.row(400, body(invalid, "m", code), "disable blocked B0 provider");
        claude.row(400, body(invalid, "m", "request_body_encoding_unsupported"),
                   "reject bad_request B0");
        claude.row(400, body(invalid, "Output blocked by content filtering policy"),
                   "reroute moderation B0");
        claude.row(402, body("billing_error", "m"), "disable no_money B0 provider");
        claude.row(403, body("permission_error", "m", "sandbox_egress_restricted"),
                   "disable blocked B0 provider");
        claude.row(403, R"({"error":{"type":"forbidden","message":"Request not allowed"}})",
                   "disable blocked B0 provider");
        claude.row(408, body("timeout_error", "m"), "retry http_status B+");
        claude.row(413, body("request_too_large", "m", "request_body_too_large_after_decoding"),
                   "reroute context_exceeded B0");
        claude.row(413, "<html><title>413 Request Entity Too Large</title></html>",
                   "reroute context_exceeded B0"); // from the edge
        claude.row(429, body("rate_limit_error", "m"), "cooldown rate_limited B0");
        claude.row(429, body("rate_limit_error", "m", "contract_spend_limit_reached"),
                   "disable no_money B0 provider after 86400000");
        claude.row(
            429,
            body("rate_limit_error",
                 "You have reached your API usage limits: your organization has crossed its "
                 "monthly API usage threshold. You will regain access on 2026-09-01 at 00:00 UTC.",
                 "enforced_spend_limit_reached"),
            "disable no_money B0 provider after 86400000");
        claude.row(503, body("api_error", "m", "cmek_context_unavailable"), "retry http_status B+");
        claude.row(503, body("api_error", "m"), "failover overloaded B+");
        claude.row(500, body("api_error", "m", "not_known_yet"), "retry http_status B+");
        claude.row(529, body("overloaded_error", "Overloaded"), "failover overloaded B+");
        claude.row(200, body("overloaded_error", "Overloaded"), "failover overloaded B+");
        claude.row(200, body("rate_limit_error", "m"), "cooldown rate_limited B0");
    }
    void anthropic() { check(); }

    void gemini_data() {
        columns();
        Table gemini{"generativelanguage.googleapis.com", chain::Dialect::gemini};
        const auto row = [&](int status, const char* word, const char* message,
                             const char* expected) {
            gemini.row(status,
                       "{\"error\":{\"code\":" + QByteArray::number(status) + ",\"message\":\"" +
                           message + "\",\"status\":\"" + word + "\"}}",
                       expected);
        };
        row(400, "INVALID_ARGUMENT",
            "The input token count (1189212) exceeds the maximum number of tokens allowed "
            "(1048576).",
            "reroute context_exceeded B0");
        row(400, "FAILED_PRECONDITION", "Please enable billing on your project",
            "disable no_money B0 provider");
        row(401, "UNAUTHENTICATED", "m", "disable bad_key B0 provider");
        row(404, "NOT_FOUND", "models/x is not found for API version v1beta",
            "reroute model_missing B0");
        // The newer codes, in lower case.
        const auto code = [&](int status, const char* word, const char* expected) {
            gemini.row(status,
                       "{\"error\":{\"code\":\"" + QByteArray(word) + "\",\"message\":\"m\"}}",
                       expected);
        };
        code(400, "invalid_request", "reject bad_request B0");
        code(400, "parameter_unknown", "reject bad_request B0");
        code(400, "failed_precondition", "disable blocked B0 provider");
        code(401, "authentication", "disable bad_key B0 provider");
        code(402, "payment_required", "disable no_money B0 provider");
        code(403, "permission_denied", "disable blocked B0 provider");
        code(404, "not_found", "reroute model_missing B0");
        code(404, "model_not_found", "reroute model_missing B0");
        code(429, "rate_limit_exceeded", "cooldown rate_limited B0");
        code(429, "quota_exceeded", "cooldown rate_limited B0 after 3600000");
        code(503, "service_unavailable", "failover overloaded B+");
        gemini.row(200,
                   R"({"event_type":"error","error":{"code":"service_unavailable","message":"m"}})",
                   "failover overloaded B+");
    }
    void gemini() { check(); }

    void family_data() {
        columns();
        Table openai{"api.openai.com"};
        openai.row(429,
                   error("Request too large for gpt-4o: Limit 30000, Requested 40000", "tokens",
                         "rate_limit_exceeded"),
                   "reroute context_exceeded B0");
        openai.row(401,
                   error("You must be a member of an organization to use the API",
                         "invalid_request_error", nullptr),
                   "disable bad_key B0 provider");
        openai.row(500, "<html><title>520: unknown error</title></html>",
                   "failover http_status B+");
        Table{"api.mistral.ai"}.row(503, "", "failover overloaded B+");
        Table groq{"api.groq.com"};
        for (const int status : {500, 502})
            groq.row(status, "", "failover http_status B+");
        groq.row(503, "", "failover overloaded B+");
        Table together{"api.together.xyz"};
        together.row(524, "", "failover http_status B+");
        together.row(529, "", "failover overloaded B+");
        Table router{"openrouter.ai"};
        router.row(400, "", "reject bad_request B0");
        router.row(402, "", "disable no_money B0 provider");
        router.row(408, "", "retry http_status B+");
        router.row(422, "", "reject bad_request B0");
        router.row(500, "", "retry http_status B+");
        router.row(503, "", "failover overloaded B+");
        router.row(401, "", "disable bad_key B0 provider");
        router.row(403, "", "disable blocked B0 provider");
        router.row(403, R"({"error":{"code":403,"message":"Blocked by a guardrail"}})",
                   "reroute moderation B0");
        router.row(404, "", "reroute model_missing B0");
        router.row(413, "", "reroute context_exceeded B0");
        router.row(429, "", "cooldown rate_limited B0 after 9000", "Retry-After: 9");
        router.row(
            400,
            R"({"error":{"code":400,"message":"m","metadata":{"error_type":"invalid_image_url"}}})",
            "reject bad_request B0");
        Table{"api.x.ai"}.row(
            400, error("Incorrect API key provided", "invalid_request_error", "invalid_api_key"),
            "disable bad_key B0 provider");
        Table{"api.x.ai"}.row(429, "", "cooldown rate_limited B0");
        Table azure{"res.openai.azure.com", chain::Dialect::azure};
        azure.row(429, error("Too many requests", nullptr, "429"),
                  "cooldown rate_limited B0 after 37000", "retry-after-ms: 37000");
        azure.row(429, error("Too many requests", nullptr, "429"),
                  "cooldown rate_limited B0 after 8000", "x-ms-retry-after-ms: 8000");
        // Ollama and vLLM tell types by status; Ollama's own route writes the error as a string.
        Table local{"127.0.0.1"};
        local.row(400, error("m", "invalid_request_error", nullptr), "reject bad_request B0");
        local.row(404, error("model 'x' not found", "not_found_error", nullptr),
                  "reroute model_missing B0");
        local.row(500, error("m", "api_error", nullptr), "retry http_status B+");
        local.row(404, R"({"error":"model 'x' not found"})", "reroute model_missing B0");
        local.row(400, R"({"error":{"code":400,"message":"m","type":"invalid_request_error"}})",
                  "reject bad_request B0");
        local.row(400,
                  R"({"error":{"message":"m","type":"BadRequestError","param":null,"code":400}})",
                  "reject bad_request B0");
        // A 403 may hide a refusal by content, whoever sends it.
        Table{""}.row(403, error("Stopped by content moderation", "x", nullptr),
                      "reroute moderation B0");
    }
    void family() { check(); }

    void jobs_data() {
        columns();
        Table replicate{"api.replicate.com", chain::Dialect::replicate};
        replicate.row(401, R"({"title":"Unauthenticated","detail":"no token","status":401})",
                      "disable bad_key B0 provider");
        replicate.row(402, R"({"title":"Insufficient credit","detail":"m","status":402})",
                      "disable no_money B0 provider");
        replicate.row(403, R"({"detail":"m"})", "disable blocked B0 provider");
        replicate.row(404, R"({"detail":"The requested resource could not be found."})",
                      "reroute model_missing B0");
        for (const int status : {500, 502})
            replicate.row(status, R"({"detail":"m"})", "failover http_status B+");
        replicate.row(503, R"({"error":"m"})", "failover overloaded B+");
        Table fal{"queue.fal.run", chain::Dialect::fal};
        fal.row(401, R"({"detail":"m"})", "disable bad_key B0 provider");
        fal.row(403, R"({"detail":"User is locked."})", "disable blocked B0 provider");
        fal.row(404, R"({"detail":"Application not found"})", "reroute model_missing B0");
        fal.row(422, R"({"detail":[{"loc":["body"],"msg":"m","type":"value_error"}]})",
                "reject bad_request B0");
        fal.row(429, R"({"detail":"m"})", "cooldown rate_limited B0");
        fal.row(500, R"({"detail":"m"})", "retry http_status B+");
        for (const int status : {502, 504})
            fal.row(status, "", "failover http_status B+");
        fal.row(503, "", "failover overloaded B+");
        fal.row(504, R"({"detail":"m","error_type":"startup_timeout"})", "failover http_status B+");
        for (const char* type : {"runner_scheduling_failure", "runner_connection_timeout",
                                 "runner_disconnected", "runner_connection_refused"})
            fal.row(503, "{\"detail\":\"m\",\"error_type\":\"" + QByteArray(type) + "\"}",
                    "failover http_status B+");
    }
    void jobs() { check(); }
};

QTEST_APPLESS_MAIN(TestClassifyTables)
#include "test_classify_tables.moc"
