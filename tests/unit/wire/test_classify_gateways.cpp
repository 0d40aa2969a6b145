// The classifier: gateways and local servers, a status alone, errors inside a 200.
#include "classify_rows.h"

using namespace classify_rows;

class TestClassifyGateways : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void gateways_data() {
        columns();
        Table router{"openrouter.ai"};
        const auto typed = [&](int status, const char* type, const char* expected) {
            router.row(status,
                       "{\"error\":{\"code\":" + QByteArray::number(status) +
                           ",\"message\":\"m\",\"metadata\":{\"error_type\":\"" + type +
                           "\"}},\"user_id\":\"u\"}",
                       expected);
        };
        for (const char* type : {"context_length_exceeded", "max_tokens_exceeded",
                                 "token_limit_exceeded", "string_too_long"})
            typed(400, type, "reroute context_exceeded B0");
        typed(401, "authentication", "disable bad_key B0 provider");
        typed(403, "permission_denied", "disable blocked B0 provider");
        typed(402, "payment_required", "disable no_money B0 provider");
        router.row(
            402,
            R"({"error":{"code":402,"message":"m","metadata":{"error_type":"payment_required","limit_source":"openrouter_in_flight_budget"}}})",
            "cooldown rate_limited B0 after 5000", "Retry-After: 5");
        typed(429, "rate_limit_exceeded", "cooldown rate_limited B0");
        typed(503, "provider_overloaded", "failover overloaded B+");
        for (const char* type : {"provider_unavailable", "server", "timeout", "unmapped"})
            typed(502, type, "failover http_status B+");
        for (const char* type : {"content_policy_violation", "refusal"})
            typed(403, type, "reroute moderation B0");
        for (const char* type : {"invalid_request", "invalid_prompt", "precondition_failed",
                                 "unprocessable", "image_too_large"})
            typed(400, type, "reject bad_request B0");
        typed(404, "not_found", "reroute model_missing B0");
        typed(413, "payload_too_large", "reroute context_exceeded B0");
        router.row(
            403,
            R"({"error":{"code":403,"message":"Your input was refused","metadata":{"reasons":["violence"],"flagged_input":"x"}}})",
            "reroute moderation B0");
        for (const int status : {502, 524})
            router.row(status, "", "failover http_status B+");
        router.row(529, "", "failover overloaded B+");

        Table groq{"api.groq.com"};
        groq.row(413,
                 error("Request too large for model `qwen/qwen3-32b` on tokens per minute",
                       "tokens", "rate_limit_exceeded"),
                 "reroute context_exceeded B0 after 12000", "retry-after: 12");
        groq.row(422,
                 error("Failed to parse tool call", "invalid_request_error", "tool_use_failed"),
                 "retry http_status B0");
        groq.row(424, "", "failover http_status B+");
        for (const char* type : {"tokens", "requests"})
            groq.row(429,
                     error("Rate limit reached. Please try again in 292.5ms. Need more?", type,
                           "rate_limit_exceeded"),
                     "cooldown rate_limited B0 after 293");
        groq.row(498,
                 error("Flex tier capacity exceeded", "invalid_request_error", "capacity_exceeded"),
                 "cooldown rate_limited B0");
        groq.row(499, "", "failover http_status B0");

        Table together{"api.together.ai"};
        together.row(402, R"({"error":"Credit limit exceeded"})", "disable no_money B0 provider");
        together.row(
            403,
            R"({"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193"})",
            "reroute context_exceeded B0");
        together.row(429, R"({"message":"slow","type":"rate_limit"})", "cooldown rate_limited B0");
        together.row(500, "", "reroute http_status B0");
        together.row(503, "", "failover overloaded B+");
        together.row(504, "", "failover http_status B+");

        Table xai{"api.x.ai"};
        xai.row(
            403,
            R"({"code":"The caller does not have permission to execute the specified operation","error":"Your team has either used all available credits or reached its monthly spending limit."})",
            "disable no_money B0 provider");
        xai.row(
            400,
            R"({"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***ey."})",
            "disable bad_key B0 provider");
        xai.row(
            400,
            R"({"code":"Client specified an invalid argument","error":"Generated image rejected by content moderation"})",
            "reroute moderation B0");
        xai.row(410, "", "reject bad_request B0");
        xai.row(429, R"({"error":"Too many requests"})", "cooldown rate_limited B0");

        Table azure{"res.openai.azure.com", chain::Dialect::azure};
        azure.row(
            400,
            R"({"error":{"code":"content_filter","message":"filtered","param":"prompt","type":null,"status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"jailbreak":{"detected":true}}}}})",
            "reroute moderation B0");
        for (const int status : {401, 403})
            azure.row(status, "",
                      status == 401 ? "disable bad_key B0 provider"
                                    : "disable blocked B0 provider");
        azure.row(404, R"({"error":{"code":"DeploymentNotFound","message":"no"}})",
                  "reroute model_missing B0");
        azure.row(
            429,
            R"({"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation have exceeded token rate limit. Please retry after 37 seconds."}})",
            "cooldown rate_limited B0 after 37000");

        Table llama{"127.0.0.1"};
        llama.row(
            400, R"({"error":{"code":400,"message":"too big","type":"exceed_context_size_error"}})",
            "reroute context_exceeded B0");
        llama.row(401, R"({"error":{"code":401,"message":"no","type":"authentication_error"}})",
                  "disable bad_key B0 provider");
        llama.row(403, R"({"error":{"code":403,"message":"no","type":"permission_error"}})",
                  "disable blocked B0 provider");
        llama.row(404, R"({"error":{"code":404,"message":"no","type":"not_found_error"}})",
                  "reroute model_missing B0");
        llama.row(500, R"({"error":{"code":500,"message":"no","type":"server_error"}})",
                  "retry http_status B+");
        llama.row(501, R"({"error":{"code":501,"message":"no","type":"not_supported_error"}})",
                  "reroute unsupported B0");
        llama.row(503,
                  R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})",
                  "failover overloaded B+");
        llama.row(
            400,
            R"({"object":"error","message":"Above the maximum context length of 4096 tokens.","type":"BadRequestError","param":null,"code":400})",
            "reroute context_exceeded B0");
        llama.row(
            404,
            R"({"error":{"message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}})",
            "reroute model_missing B0");
        llama.row(
            503,
            R"({"error":{"message":"server busy, please try again. maximum pending requests exceeded","type":"api_error","code":null}})",
            "failover overloaded B+");
    }
    void gateways() { check(); }

    void statusAlone_data() {
        columns();
        Table t{""};
        for (const int s : {400, 405, 406, 415, 422, 301, 307})
            t.row(s, "", "reject bad_request B0");
        t.row(401, "", "disable bad_key B0 provider");
        t.row(402, "", "disable no_money B0 provider");
        t.row(403, "", "disable blocked B0 provider");
        t.row(404, "", "reroute model_missing B0");
        t.row(408, "", "retry http_status B+");
        t.row(409, "", "retry http_status B0");
        t.row(413, "", "reroute context_exceeded B0");
        t.row(425, "", "cooldown rate_limited B0");
        t.row(429, "", "cooldown rate_limited B0");
        t.row(451, "", "reroute moderation B0");
        t.row(498, "", "cooldown rate_limited B0");
        t.row(499, "", "failover http_status B0");
        t.row(500, "", "retry http_status B+");
        t.row(501, "", "reroute unsupported B0");
        for (const int s : {502, 504, 505, 520, 521, 522, 523, 524, 599})
            t.row(s, "", "failover http_status B+");
        for (const int s : {503, 529})
            t.row(s, "", "failover overloaded B+");
        // The body in every form and none.
        t.row(502, "<html><head><title>502 Bad Gateway</title></head></html>",
              "failover http_status B+");
        t.row(500, "<!DOCTYPE html><title>Error</title>", "failover http_status B+");
        t.row(503, "upstream connect error", "failover overloaded B+");
        t.row(500, "{\"error\":{\"mess", "retry http_status B+");
        t.row(429, "\"Too many requests\"", "cooldown rate_limited B0");
        t.row(429, "[]", "cooldown rate_limited B0");
        t.row(429, "[{\"error\":{\"message\":\"m\",\"code\":\"insufficient_quota\"}}]",
              "disable no_money B0 provider");
        t.row(429, "{\"error\":\"insufficient_quota\"}", "disable no_money B0 provider");
        t.row(
            429,
            R"({"error":{"message":"You have no credits remaining. Add credits to continue using the API","type":"insufficient_quota"}})",
            "disable no_money B0 provider");
        t.row(400, R"({"error":{"message":"m","code":1113}})", "disable no_money B0 provider");
        t.row(503, "\xff\xfe{\"error\"", "failover overloaded B+");
        // The caller's own words are not the provider's: no money word counts in a 500.
        t.row(500, error("failed on: 'insufficient balance'", "server_error", nullptr),
              "retry http_status B+");
        t.row(503, "", "failover overloaded B+ after 30000", "Retry-After: 30");
        // Reset headers stand on every reply and say nothing about an error that is no limit.
        t.row(500, "", "retry http_status B+", "x-ratelimit-reset-tokens: 6m0s");
        t.row(
            429,
            R"({"error":{"message":"Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29500, Requested 1200. Please try again in 1.4s.","type":"tokens","param":null,"code":"rate_limit_exceeded"}})",
            "cooldown rate_limited B0 after 1400",
            "retry-after-ms: 1400; x-ratelimit-reset-tokens: 1.4s");
    }
    void statusAlone() { check(); }

    void errorsInside200_data() {
        columns();
        Table t{""};
        t.row(200, error("The server had an error", "server_error", nullptr),
              "failover error_in_stream B+");
        t.row(200,
              error("You exceeded your current quota", "insufficient_quota", "insufficient_quota"),
              "disable no_money B0 provider");
        t.row(200, error("Rate limit reached, try again in 2s", "tokens", "rate_limit_exceeded"),
              "cooldown rate_limited B0 after 2000");
        t.row(
            200,
            R"({"error":{"code":502,"message":"Upstream error","metadata":{"error_type":"provider_unavailable"}}})",
            "failover http_status B+");
        t.row(200, R"({"error":{"code":429,"message":"m"}})", "cooldown rate_limited B0");
        t.row(
            200,
            R"({"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"}})",
            "failover overloaded B+");
        t.row(200, "something broke", "failover error_in_stream B+");
        t.row(200, R"({"message":"m","code":null,"type":"weird"})", "failover error_in_stream B+");
    }
    void errorsInside200() { check(); }
};

QTEST_APPLESS_MAIN(TestClassifyGateways)
#include "test_classify_gateways.moc"
