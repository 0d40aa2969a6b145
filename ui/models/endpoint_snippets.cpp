#include "ui/models/endpoint_snippets.h"

#include <QCoreApplication>

namespace brownout::ui {

QList<EndpointSnippet> endpointSnippets(const QString& url) {
    const auto with = [&](const char* text) { return QString::fromLatin1(text).arg(url); };
    return {
        {QStringLiteral("Shell: OPENAI_BASE_URL"),
         with("export OPENAI_BASE_URL=%1/v1\nexport OPENAI_API_KEY=unused\n")},
        {QStringLiteral("Shell: ANTHROPIC_BASE_URL"),
         with("export ANTHROPIC_BASE_URL=%1\nexport ANTHROPIC_API_KEY=unused\n")},
        {QStringLiteral("curl"),
         with("curl %1/v1/chat/completions -H 'Content-Type: application/json' \\\n"
              "  -d "
              "'{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'\n")},
        {QStringLiteral("Python (openai)"),
         with("from openai import OpenAI\n\n"
              "client = OpenAI(base_url=\"%1/v1\", api_key=\"unused\")\n"
              "reply = client.chat.completions.create(\n"
              "    model=\"auto\", messages=[{\"role\": \"user\", \"content\": \"Hello\"}])\n"
              "print(reply.choices[0].message.content)\n")},
        {QStringLiteral("Python (anthropic)"),
         with("from anthropic import Anthropic\n\n"
              "client = Anthropic(base_url=\"%1\", api_key=\"unused\")\n"
              "reply = client.messages.create(model=\"auto\", max_tokens=200,\n"
              "    messages=[{\"role\": \"user\", \"content\": \"Hello\"}])\n"
              "print(reply.content[0].text)\n")},
        {QStringLiteral("JavaScript (openai)"),
         with("import OpenAI from \"openai\";\n\n"
              "const client = new OpenAI({ baseURL: \"%1/v1\", apiKey: \"unused\" });\n"
              "const reply = await client.chat.completions.create({\n"
              "  model: \"auto\", messages: [{ role: \"user\", content: \"Hello\" }] });\n"
              "console.log(reply.choices[0].message.content);\n")},
        {QStringLiteral("JavaScript (Vercel AI SDK)"),
         with("import { createOpenAICompatible } from \"@ai-sdk/openai-compatible\";\n\n"
              "const brownout = createOpenAICompatible({ name: \"brownout\", baseURL: \"%1/v1\" "
              "});\n"
              "const model = brownout(\"auto\");\n")},
        {QStringLiteral("JavaScript (replicate)"),
         with("import Replicate from \"replicate\";\n\n"
              "const replicate = new Replicate({ auth: \"unused\", baseUrl: \"%1/replicate/v1\" "
              "});\n")},
        {QStringLiteral("JavaScript (@fal-ai/client)"),
         with("import { fal } from \"@fal-ai/client\";\n\n"
              "fal.config({ credentials: \"unused\", proxyUrl: { url: \"%1/fal\", when: \"always\" "
              "} });\n")},
        {QStringLiteral("LangChain"),
         with("from langchain_openai import ChatOpenAI\n\n"
              "model = ChatOpenAI(model=\"auto\", base_url=\"%1/v1\", api_key=\"unused\")\n")},
        {QStringLiteral("aider"),
         with("aider --openai-api-base %1/v1 --openai-api-key unused --model openai/auto\n")},
        {QStringLiteral("Claude Code"),
         with("ANTHROPIC_BASE_URL=%1 ANTHROPIC_AUTH_TOKEN=unused claude\n")},
        {QStringLiteral("Open WebUI"), with("OPENAI_API_BASE_URL=%1/v1\nOPENAI_API_KEY=unused\n")},
    };
}

} // namespace brownout::ui
