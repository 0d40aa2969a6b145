// The classifier: a row for each row of the error tables of OpenAI and the vendors beside it.
#include "classify_rows.h"

using namespace classify_rows;

class TestClassifyFamily : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void openai_data() {
        columns();
        Table t{"api.openai.com"};
        const char* invalid = "invalid_request_error";
        t.row(400, error("too long", invalid, "context_length_exceeded"),
              "reroute context_exceeded B0");
        for (const char* code : {"unsupported_parameter", "unsupported_value", "unknown_parameter"})
            t.row(400, error("no", invalid, code), "reject unsupported B0");
        for (const char* code :
             {"content_policy_violation", "invalid_prompt", "bio_policy", "cyber_policy"})
            t.row(400, error("no", invalid, code), "reroute moderation B0");
        t.row(400, error("Invalid value", invalid, nullptr), "reject bad_request B0");
        t.row(401, error("Incorrect API key provided: sk-x.", invalid, "invalid_api_key"),
              "disable bad_key B0 provider");
        t.row(401,
              error("You must be a member of an organization to use the API", invalid, nullptr),
              "disable bad_key B0 provider");
        t.row(401, error("Your IP is not authorized", invalid, "ip_not_authorized"),
              "disable blocked B0 provider");
        t.row(403,
              error("Country, region, or territory not supported", "request_forbidden",
                    "unsupported_country_region_territory"),
              "disable blocked B0 provider");
        t.row(403, error("Project does not have access to model `gpt-5`", invalid, nullptr),
              "reroute model_missing B0");
        t.row(404, error("The model does not exist", invalid, "model_not_found"),
              "reroute model_missing B0");
        t.row(408, "", "retry http_status B+");
        t.row(409, "", "retry http_status B0");
        t.row(413, error("too large", invalid, nullptr), "reroute context_exceeded B0");
        for (const char* type : {"tokens", "requests", "rate_limit_error"})
            t.row(429, error("Rate limit reached", type, "rate_limit_exceeded"),
                  "cooldown rate_limited B0");
        t.row(429, error("Slow down", "rate_limit_error", "slow_down"), "cooldown rate_limited B0");
        for (const char* code :
             {"insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
              "project_spend_limit_exceeded", "organization_usage_limit_exceeded"})
            t.row(429, error("no", "insufficient_quota", code), "disable no_money B0 provider");
        t.row(429,
              error("Request too large for gpt-4o on tokens per min", "tokens",
                    "rate_limit_exceeded"),
              "reroute context_exceeded B0");
        t.row(500, error("The server had an error", "server_error", nullptr),
              "retry http_status B+");
        t.row(503, error("Overloaded", "service_unavailable_error", "server_is_overloaded"),
              "failover overloaded B+");
        t.row(400, error("blocked", "image_generation_user_error", "moderation_blocked"),
              "reroute moderation B0");
        t.row(400, error("limit", invalid, "billing_hard_limit_reached"),
              "disable no_money B0 provider");
    }
    void openai() { check(); }

    void compatibleVendors_data() {
        columns();
        Table deepseek{"api.deepseek.com"};
        deepseek.row(400, error("format", "invalid_request_error", nullptr),
                     "reject bad_request B0");
        deepseek.row(401, "", "disable bad_key B0 provider");
        deepseek.row(402, error("Insufficient Balance", "unknown_error", nullptr),
                     "disable no_money B0 provider");
        deepseek.row(422, "", "reject bad_request B0");
        deepseek.row(429, "", "cooldown rate_limited B0 after 2000");
        deepseek.row(500, "", "retry http_status B+");
        deepseek.row(503, "", "failover overloaded B+");

        Table mistral{"api.mistral.ai"};
        mistral.row(401, "{\"message\":\"Unauthorized\",\"request_id\":\"x\"}",
                    "disable bad_key B0 provider");
        mistral.row(402, "", "disable no_money B0 provider");
        mistral.row(422,
                    R"({"detail":[{"loc":["body","x"],"msg":"field required","type":"missing"}]})",
                    "reject bad_request B0");
        mistral.row(
            429,
            R"({"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","param":null,"code":"3505"})",
            "cooldown rate_limited B0 after 20000");
        mistral.row(
            429,
            R"({"object":"error","message":"Requests rate limit exceeded","type":"rate_limited","param":null,"code":"1300"})",
            "cooldown rate_limited B0 after 3000", "Retry-After: 3");
        mistral.row(500, "", "retry http_status B+");
        for (const int status : {502, 504})
            mistral.row(status, "", "failover http_status B+");

        Table qwen{"dashscope-intl.aliyuncs.com"};
        qwen.row(401, error("Incorrect API key", "invalid_request_error", "invalid_api_key"),
                 "disable bad_key B0 provider");
        qwen.row(
            401,
            R"({"code":"InvalidApiKey","message":"Invalid API-key provided.","request_id":"r"})",
            "disable bad_key B0 provider");
        for (const char* code : {"access_denied", "AccessDenied"})
            qwen.row(403, error("denied", "x", code), "disable blocked B0 provider");
        for (const int status : {400, 403})
            qwen.row(status, error("overdue", "Arrearage", "Arrearage"),
                     "disable no_money B0 provider");
        for (const char* code : {"model_not_found", "ModelNotFound"})
            qwen.row(404, error("no model", "x", code), "reroute model_missing B0");
        for (const char* code : {"Throttling.RateQuota", "limit_requests"})
            qwen.row(429, error("slow", "x", code), "cooldown rate_limited B0");
        qwen.row(429, error("Request rate increased too quickly", "x", "Throttling.BurstRate"),
                 "cooldown rate_limited B0 after 30000");
        for (const char* code : {"insufficient_quota", "Throttling.AllocationQuota"}) {
            qwen.row(429,
                     error("You exceeded your current quota, please check your plan and billing",
                           code, code),
                     "cooldown rate_limited B0");
            qwen.row(
                429,
                error("Allocated quota exceeded, please increase your quota limit.", code, code),
                "cooldown rate_limited B0");
            qwen.row(429, error("The free quota has been used up", code, code),
                     "disable no_money B0 provider");
        }
        for (const char* code : {"data_inspection_failed", "DataInspectionFailed"})
            qwen.row(400, error("Input data may contain inappropriate content.", code, code),
                     "reroute moderation B0");
        qwen.row(400,
                 error("Range of input length should be [1, 30720]", "invalid_request_error",
                       "InvalidParameter"),
                 "reroute context_exceeded B0");

        Table zhipu{"open.bigmodel.cn"};
        const auto glm = [&](int status, const char* code, const char* expected) {
            zhipu.row(status,
                      "{\"error\":{\"code\":\"" + QByteArray(code) + "\",\"message\":\"m\"}}",
                      expected);
        };
        for (const char* code : {"1000", "1001", "1003", "1005"})
            glm(401, code, "disable bad_key B0 provider");
        glm(429, "1113", "disable no_money B0 provider");
        for (const char* code : {"1302", "1303"})
            glm(429, code, "cooldown rate_limited B0");
        for (const char* code : {"1304", "1308", "1310"})
            glm(429, code, "cooldown rate_limited B0 after 3600000");
        for (const char* code : {"1305", "1312"})
            glm(429, code, "failover overloaded B+");
        for (const char* code : {"1309", "1311", "1313"})
            glm(429, code, "disable no_money B0 provider");
        for (const char* code : {"1210", "1213", "1214", "1215"})
            glm(400, code, "reject bad_request B0");
        glm(400, "1211", "reroute model_missing B0");
        glm(400, "1220", "disable blocked B0 provider");
        glm(400, "1261", "reroute context_exceeded B0");
        glm(400, "1301", "reroute moderation B0");
        for (const char* code : {"1200", "1230", "1234", "500"})
            glm(500, code, "retry http_status B+");
        for (const char* code : {"1110", "1111", "1112", "1121"})
            glm(401, code, "disable blocked B0 provider");
        zhipu.row(
            429,
            R"({"error":{"code":"1308","message":"limit","next_flush_time":"2026-08-20T12:10:00Z"}})",
            "cooldown rate_limited B0 after 600000");
    }
    void compatibleVendors() { check(); }
};

QTEST_APPLESS_MAIN(TestClassifyFamily)
#include "test_classify_family.moc"
