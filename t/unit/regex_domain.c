/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Which domains a regular expression lets in: common mistakes with the expected
 * verdict, and random regular expressions compared with PCRE. */

#include "unit.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <apr_lib.h>

#include "core/base/host.h"
#include "core/origin/origin.h"
#include "core/origin/regex_domain.h"

typedef enum {
    RIGHT,
    OPEN,
    SUFFIX,
    UNDECIDED,
    NONE
} verdict_e;

/* Regular expressions, and their verdict at start-up with credentials. */
static const struct {
    const char *regex;
    verdict_e verdict;
} common[] = {
    { "https://example\\.com", RIGHT },
    { "^https://example\\.com$", RIGHT },
    { "https://[a-c]999", RIGHT },
    { "https://[a-c]0999", RIGHT },
    { "https://(b|a{300})\\.example\\.com", RIGHT },
    { "https://(a{300}|b)\\.example\\.com", RIGHT },
    { "https://\\[1[g-z]", NONE },
    /* a host and its final dot have at most 256 bytes */
    { "https://a{255}\\.", RIGHT },
    { "https://a{256}\\.", NONE },
    { "\\Ahttps://example\\.com\\z", RIGHT },
    { "https?://example\\.com", RIGHT },
    { "^https?://example\\.com$", RIGHT },
    { "https://www\\.example\\.com", RIGHT },
    { "https://(www\\.)?example\\.com", RIGHT },
    { "^https://(www\\.)?example\\.com$", RIGHT },
    { "https://(www|app)\\.example\\.com", RIGHT },
    { "https://(www|app|api)\\.example\\.(com|org|net)", RIGHT },
    { "^https://([a-z0-9-]+\\.)?example\\.com$", RIGHT },
    { "^https://([a-z0-9-]+\\.)*example\\.com$", RIGHT },
    { "^https://(.+\\.)?example\\.com$", RIGHT },
    { "^https://(.*\\.)?example\\.com$", RIGHT },
    { "^https?://(.*\\.)?example\\.com(:\\d+)?$", RIGHT },
    { "^https?://(.*\\.)?example\\.com(:[0-9]+)?$", RIGHT },
    { "^https://.*\\.example\\.com$", RIGHT },
    { "https://.*\\.example\\.com", RIGHT },
    { "https://.+\\.example\\.com", RIGHT },
    { "https://[^/]+\\.example\\.com", RIGHT },
    { "https://[^.]+\\.example\\.com", RIGHT },
    { "https://[a-z]+\\.example\\.com", RIGHT },
    { "https://[a-z0-9-]+\\.example\\.com", RIGHT },
    { "https://[\\w-]+\\.example\\.com", RIGHT },
    { "https://[A-Za-z0-9-]+\\.example\\.com", RIGHT },
    { "https://\\w+\\.example\\.com", RIGHT },
    { "https://\\S+\\.example\\.com", RIGHT },
    { "(?i)^https://.*\\.example\\.com$", RIGHT },
    { "(?i)HTTPS://WWW\\.EXAMPLE\\.COM", RIGHT },
    { "^(https?:\\/\\/)(.*\\.)?example\\.com$", RIGHT },
    { "^https:\\/\\/(.*\\.)?example\\.com$", RIGHT },
    { "^https:\\/\\/[a-z]+\\.example\\.com(:443)?$", RIGHT },
    { "^(https://a\\.example\\.com|https://b\\.example\\.org)$", RIGHT },
    { "^https://a\\.example\\.com$|^https://b\\.example\\.org$", RIGHT },
    { "https://a\\.example\\.com|https://b\\.example\\.org", RIGHT },
    { "^https://(a\\.example\\.com|b\\.example\\.org)$", RIGHT },
    { "^(?:https?://)(?:www\\.)?(?:example\\.com|example\\.org)$", RIGHT },
    { "^https://(?<sub>[a-z]+)\\.example\\.com$", RIGHT },
    { "^https://(?P<sub>[a-z]+)\\.example\\.com$", RIGHT },
    { "^https://pr-[0-9]+\\.preview\\.example\\.com$", RIGHT },
    { "https://pr-\\d+\\.example\\.com", RIGHT },
    { "https://pr-\\d+--example\\.netlify\\.app", SUFFIX },
    { "https://deploy-preview-\\d+--example\\.netlify\\.app", SUFFIX },
    { "https://example-[a-z0-9]+\\.vercel\\.app", SUFFIX },
    { "https://example-[a-z0-9]+-team\\.vercel\\.app", SUFFIX },
    { "https://.*-team\\.vercel\\.app", SUFFIX },
    { "https://[a-z0-9-]+\\.example\\.pages\\.dev", RIGHT },
    { "https://.*\\.example\\.pages\\.dev", RIGHT },
    { "https://.*\\.pages\\.dev", SUFFIX },
    { "https://.*\\.herokuapp\\.com", SUFFIX },
    { "https://my-app-.*\\.herokuapp\\.com", SUFFIX },
    { "https://my-app-staging\\.herokuapp\\.com", RIGHT },
    { "https://my-app(-staging)?\\.herokuapp\\.com", RIGHT },
    { "https://.*\\.web\\.app", SUFFIX },
    { "https://example--.*\\.web\\.app", SUFFIX },
    { "https://.*\\.ngrok\\.io", SUFFIX },
    { "https://.*\\.github\\.io", SUFFIX },
    { "https://me\\.github\\.io", RIGHT },
    { "https://.*\\.me\\.github\\.io", RIGHT },
    { "https://.*\\.cloudfront\\.net", SUFFIX },
    { "https://d111111abcdef8\\.cloudfront\\.net", RIGHT },
    { "https://.*\\.amazonaws\\.com", SUFFIX },
    { "https://bucket\\.s3\\.amazonaws\\.com", RIGHT },
    { "https://.*\\.s3\\.amazonaws\\.com", SUFFIX },
    { "https://me\\.(eu|us)\\.platform\\.sh", RIGHT },
    { "https://me\\.[a-z]+\\.platform\\.sh", SUFFIX },
    { "https://me\\.[^.]+\\.platform\\.sh", SUFFIX },
    { "https://me\\.cust\\.[a-z]+\\.thingdust\\.io", SUFFIX },
    { "https://bucket\\.s3[a-z0-9-]*\\.amazonaws\\.com", SUFFIX },
    { "https://.*\\.unlisted-api\\.eu-west-1\\.amazonaws\\.com", RIGHT },
    { "https://.*\\.azurewebsites\\.net", SUFFIX },
    { "https://.*\\.co\\.uk", SUFFIX },
    { "https://.*\\.example\\.co\\.uk", RIGHT },
    { "https://(.*\\.)?example\\.co\\.uk", RIGHT },
    { "https://.*\\.(de|fr)", SUFFIX },
    { "https://example\\.(de|fr|co\\.uk)", RIGHT },
    { "https://(www\\.)?example\\.(de|fr|it)", RIGHT },
    { "https://(www\\.)?example\\.[a-z]+", OPEN },
    { "https://(www\\.)?example\\.[a-z]{2,3}", OPEN },
    { "https://example\\.[a-z.]+", OPEN },
    { "https://.*\\.example\\.[a-z]{2}", OPEN },
    { "http://localhost", RIGHT },
    { "http://localhost:3000", RIGHT },
    { "https?://localhost(:\\d+)?", RIGHT },
    { "^http://localhost:\\d+$", RIGHT },
    { "^http://localhost:(3000|8080)$", RIGHT },
    { "^http://localhost:[0-9]{4}$", RIGHT },
    { "^https?://localhost(:[0-9]{1,5})?$", RIGHT },
    { "https?://localhost.*", OPEN },
    { "^http://localhost", RIGHT },
    { "^http://localhost:.*$", RIGHT },
    { "http://(localhost|127\\.0\\.0\\.1)(:\\d+)?", RIGHT },
    { "http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:\\d+)?", RIGHT },
    { "http://127\\.0\\.0\\.1:\\d+", RIGHT },
    { "http://127.0.0.1:\\d+", OPEN },
    { "http://192\\.168\\.1\\.10", RIGHT },
    { "http://192\\.168\\.1\\.[0-9]+", RIGHT },
    { "http://192\\.168\\.1\\.\\d+", RIGHT },
    { "http://192\\.168\\.1\\.\\d{1,3}", RIGHT },
    { "^https?://192\\.168\\.1\\.\\d{1,3}(:\\d+)?$", RIGHT },
    { "^https?://(localhost|192\\.168\\.[01]\\.\\d+)(:\\d+)?$", RIGHT },
    { "http://10\\.0\\.0\\.\\d+", RIGHT },
    { "http://172\\.16\\.0\\.\\d+", RIGHT },
    { "http://172\\.31\\.0\\.\\d+", RIGHT },
    { "http://172\\.15\\.0\\.\\d+", OPEN },
    { "http://172\\.32\\.0\\.\\d+", OPEN },
    { "http://192\\.169\\.1\\.\\d+", OPEN },
    { "http://11\\.0\\.0\\.\\d+", OPEN },
    { "http://203\\.0\\.113\\.\\d+", OPEN },
    { "http://203\\.0\\.113\\.\\d", RIGHT },
    { "http://10\\.0\\.0\\.[0-9a-z]+", OPEN },
    { "http://10\\.0\\.0\\.\\d+.*", OPEN },
    { "http://10\\.0\\.\\d+\\.1", OPEN },
    { "http://10.0.0.\\d+", OPEN },
    { "http://.*\\.\\d+", OPEN },
    { "http://.*10\\.0\\.0\\.1", RIGHT },
    { "http://.*0\\.0\\.0\\.1", RIGHT },
    { "http://[a-z]+\\.10\\.0\\.0\\.1", NONE },
    { "http://10\\.0\\.0\\.256", NONE },
    { "http://10\\.0\\.0\\.0+1", NONE },
    { "http://10\\.0\\.0\\.0+", RIGHT },
    { "http://1\\.10\\.0\\.0\\.\\d+", NONE },
    { "http://\\d+", NONE },
    { "http://x\\d+", OPEN },
    { "http://192\\.168\\.\\d+\\.\\d+", OPEN },
    { "http://192\\.168\\..*", OPEN },
    { "http://10\\..*", OPEN },
    { "http://10\\..+", OPEN },
    { "http://10\\.0\\.0\\.[0-9]", RIGHT },
    { "https?://[\\d.]+", OPEN },
    { "https?://\\d+\\.\\d+\\.\\d+\\.\\d+", OPEN },
    { "http://\\d{1,3}(\\.\\d{1,3}){3}(:\\d+)?", OPEN },
    { "http://\\[::1\\]:3000", RIGHT },
    { "http://\\[.*\\]", OPEN },
    { "https://.*", OPEN },
    { "https?://.*", OPEN },
    { ".*", OPEN },
    { ".+", OPEN },
    { "^.*$", OPEN },
    { "^https://", NONE },
    { "^https?://", NONE },
    { "https://.+", OPEN },
    { "https://[^/]+", OPEN },
    { "https?://[^/]+(:\\d+)?", OPEN },
    { "https?://.*:3000", OPEN },
    { "https?://.*:\\d+", OPEN },
    { "^https?://[a-z]+$", OPEN },
    { "^https://[a-z.]+$", OPEN },
    { "^https://[a-zA-Z0-9.-]+$", OPEN },
    { "https://.*example\\.com", OPEN },
    { "https://.+example\\.com", OPEN },
    { "https?://.*example\\.com$", OPEN },
    { "^https?://.*\\.?example\\.com$", OPEN },
    { "^https://.*example\\.com(:[0-9]+)?$", OPEN },
    { "^https://[a-z]*example\\.com$", OPEN },
    { "^https://(.*)example\\.com$", OPEN },
    { "^https://(.*)\\.example\\.com$", RIGHT },
    { "^https://(.*).example.com$", OPEN },
    { "https://app.example.com", OPEN },
    { "https://www.example.com", OPEN },
    { "^https://.*.example.com$", OPEN },
    { "^https://.*\\.example.com$", OPEN },
    { "^https://(www|app).example\\.com$", OPEN },
    { "https://.*example\\.(com|org)", OPEN },
    { "https://.*\\.example\\.(com|org)", RIGHT },
    { "https://.*exampl[e]\\.com", OPEN },
    { "https://.*\\bexample\\.com", OPEN },
    { "https://.*\\b\\.example\\.com", RIGHT },
    { "https://example\\.com.*", OPEN },
    { "https://example\\.com(/.*)?", RIGHT },
    { "https://example\\.com/?", RIGHT },
    { "^https://example\\.com(:\\d+)?", RIGHT },
    { "^https://example\\.com(:\\d+)?$", RIGHT },
    { "https://example\\.com:[0-9]+", RIGHT },
    { "https://example\\.com:(443|8443)", RIGHT },
    { "https://example\\.com:\\d{4}", RIGHT },
    { ".*\\.example\\.com", RIGHT },
    { ".*\\.example\\.com$", RIGHT },
    { "\\.example\\.com$", NONE },
    { "example\\.com", NONE },
    { ".*example\\.com.*", OPEN },
    { ".*://example\\.com", RIGHT },
    { ".*://.*\\.example\\.com", RIGHT },
    { "[a-z]+://example\\.com", RIGHT },
    { "(https?|capacitor|ionic)://localhost", RIGHT },
    { "capacitor://localhost", RIGHT },
    { "ionic://localhost", RIGHT },
    { "app://.*", OPEN },
    { "app://myapp", RIGHT },
    { "chrome-extension://.*", OPEN },
    { "chrome-extension://[a-z]+", OPEN },
    { "chrome-extension://[a-p]{32}", OPEN },
    { "chrome-extension://abcdefghijklmnopabcdefghijklmnop", RIGHT },
    { "moz-extension://.*", OPEN },
    { "moz-extension://[0-9a-f-]{36}", OPEN },
    { "vscode-webview://.*", OPEN },
    { "^(chrome|moz)-extension://", NONE },
    { "https://[a-z]{3,8}\\.com", SUFFIX },
    { "https://[a-z]+\\.com", SUFFIX },
    { "https://[a-z]\\.com", SUFFIX },
    { "https://[ab]\\.com", RIGHT },
    { "https://shop[0-9]\\.com", RIGHT },
    { "https://shop[0-9][0-9]\\.com", RIGHT },
    { "https://shop1?[0-9][0-9]\\.com", SUFFIX },
    { "https://www\\.shop[0-9]{3}\\.com", SUFFIX },
    { "https://shop[0-9]{100}\\.com", SUFFIX },
    { "https://(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)\\.com", RIGHT },
    { "https://shop[0-9]+\\.com", SUFFIX },
    { "https://shop-[a-z]+\\.com", SUFFIX },
    { "https://shop-(eu|us|asia)\\.com", RIGHT },
    { "https://(eu|us)\\.shop\\.com", RIGHT },
    { "https://example[.]com", RIGHT },
    { "https://[a-z]+[.]example[.]com", RIGHT },
    { "https://\\Qexample.com\\E", RIGHT },
    { "https://\\Qapp.example.com\\E", RIGHT },
    { "https://example\\x2ecom", RIGHT },
    { "https://(?:(?:a|b)\\.)?example\\.com", RIGHT },
    { "https://(?i:www)\\.example\\.com", RIGHT },
    { "https://(?>[a-z]+\\.)example\\.com", RIGHT },
    { "https://[a-z]++\\.example\\.com", RIGHT },
    { "https://(?!evil)[a-z]+\\.example\\.com", UNDECIDED },
    { "^(?!.*evil).*\\.example\\.com$", UNDECIDED },
    { "^https://(?=.*example\\.com$).*", UNDECIDED },
    { "https://.*(?<!evil)\\.example\\.com", UNDECIDED },
    { "https://([a-z]+)\\.\\1\\.example\\.com", UNDECIDED },
    { "https://(a)?(?(1)b|c)\\.example\\.com", UNDECIDED },
    { "(?x) https:// [a-z]+ \\. example \\. com", RIGHT },
    { "https://example\\.com(?#ours)", RIGHT },
    { "https://.*\\.corp", SUFFIX },
    { "https://.*\\.corp\\.internal", RIGHT },
    { "https://intranet", RIGHT },
    { "https://intranet(\\.corp\\.example\\.com)?", RIGHT },
    { "http://[a-z]+\\.local", SUFFIX },
    { "https://.*\\.lan", SUFFIX },
    { "https://.*\\.example\\.local", RIGHT },
    { "https://xn--bcher-kva\\.example", RIGHT },
    { "https://.*\\.xn--bcher-kva\\.de", RIGHT },
    { "https://.*\\.xn--p1ai", SUFFIX },
    { "https://[[:alnum:]-]+\\.example\\.com", RIGHT },
    { "https://[[:alpha:]]+\\.com", SUFFIX },
    { "https://([^.]+\\.){1,2}example\\.com", RIGHT },
    { "https://([^.]+\\.)*example\\.com", RIGHT },
    { "https://[^:]+\\.example\\.com", RIGHT },
    { "https://a{3}\\.example\\.com", RIGHT },
    { "https://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+example\\.com", RIGHT },
    { "^https?://([a-z0-9]+[.])*example[.]com([:][0-9]{1,5})?$", RIGHT },
    { "^https?://(\\w+\\.)*example\\.com\\.?$", RIGHT },
    { "^https://example\\.com\\.$", RIGHT },
    { "^https://(dev|test|prod)[0-9]{1,2}\\.example\\.com$", RIGHT },
    { "^https://(dev|test)-[a-z]+\\.example\\.com$", RIGHT },
    { "https://user:pass@example\\.com", NONE },
    { "https://example\\.com:99999", RIGHT },
    { "https://EXAMPLE\\.com", NONE },
    { "null", NONE },
    { "^null$|^https://example\\.com$", RIGHT },
    { "https://example\\.com:\\d{5}", RIGHT },
    { "https://example\\.com:\\d{6}", NONE },
    { "https://example\\.com:", NONE },
    { "https://[a-z]+\\.localhost\\.", RIGHT },
    { "https://.*example\\.com\\.", OPEN },
    { "https://.*\\.github\\.io\\.", SUFFIX },
    { "https://.*\\.com\\.", SUFFIX },
    { "https://me\\.github\\.io\\.", RIGHT },
    { "http://203\\.0\\.113\\.\\d\\.", RIGHT },
    { "http://203\\.0\\.113\\.\\d+\\.", UNDECIDED },
    { "http://100\\.0\\.0\\.\\d+", OPEN },
    { "http://172\\.1\\.0\\.\\d+", OPEN },
    { "http://172\\.160\\.0\\.\\d+", OPEN },
    { "http://17\\.16\\.0\\.\\d+", OPEN },
    { "http://172\\.1[0-9]\\.0\\.\\d+", OPEN },
    { "http://172\\.2[0-9]\\.0\\.\\d+", RIGHT },
    { "http://172\\.3[01]\\.0\\.\\d+", RIGHT },
    { "http://192\\.16\\.1\\.\\d+", OPEN },
    { "http://192\\.168\\.[0-9]{2}\\.\\d+", RIGHT },
    { "http://"
      "(192\\.168\\.1\\.[0-9]|192\\.168\\.1\\.[0-9]{2}|192\\.168\\.1\\.[12][0-"
      "9]{2})",
      RIGHT },
    { "http://10\\.[0-9]{2}\\.0\\.\\d+|http://203\\.0\\.113\\.\\d", RIGHT },
    { "http://(10\\.0\\.0|203\\.0\\.113)\\.\\d{2}", RIGHT },
    { "http://(10\\.0\\.0|203\\.0\\.113)\\.\\d{3}", OPEN },
    { "http://(203\\.0\\.113|10\\.0\\.0)\\.[0-9]+(:\\d+)?", OPEN },
    { "http://(10|11)\\.0\\.0\\.\\d+", OPEN },
    { "http://10\\.0\\.0\\.\\d+|http://.*\\.0\\.0\\.1", OPEN },
    { "http://10\\.0\\.0\\.\\d+|https://[a-j][a-j]\\.com", OPEN },
    { "http://10\\.0\\.0\\.\\d+|https://[a-j]\\.com", RIGHT },
    { "http://\\[2001:db8::\\]", RIGHT },
    { "http://\\[[0-9a-f:]*::\\]", OPEN },
    { "http://[a-z]*\\[::1\\]", RIGHT },
    { "http://\\[::[0-9]\\]", RIGHT },
    { "http://\\[::[0-9a-f]\\]", OPEN },
    { "http://\\.\\[::1\\]", NONE },
    { "http://\\[[0-9a-f:]+(\\]|x)", OPEN },
    { "http://\\[[0-9a-f:]+(x|\\])", OPEN },
    { "http://\\[::(\\]|[0-9]\\])", RIGHT },
    { "https://\\.", RIGHT },
    { "http://.*\\.0*1", OPEN },
    { "http://192\\.168\\.00\\.1", NONE },
    { "http://192\\.168\\.1\\.[3-9]\\d\\d", NONE },
    { "http://[0-9]*192\\.168\\.0\\.1", RIGHT },
    { "http://a?\\d{4}", OPEN },
    { "http://x\\.\\d{4}", NONE },
    { "http://x\\.y?\\d{4}", OPEN },
    { "http://x?\\.?\\d{4}", OPEN },
    { "https://.+:81", OPEN },
    { "https://.+:9{4}", OPEN },
    { "https://.+:6553[0-9]", OPEN },
    { "https://.+:12345", OPEN },
    { "https://.+:54321", OPEN },
    { "https://.+:(11|22|33)", OPEN },
    { "https://.+:1?2?3?4?5", OPEN },
    { "https://.+:20", OPEN },
    { "https://.+:0[0-9]", NONE },
    { "https://[a-z]{3}\\.com:12345", SUFFIX },
    { "a+://.+", OPEN },
    { "[a-z]://.+", OPEN },
    { "z://.+", OPEN },
    { "[a-z0-9+.-]+://x\\..+", OPEN },
    { "1a://.+", NONE },
    { "app://[^/]{3}", OPEN },
    { "chrome-extension://[a-p]{33}", OPEN },
    { "(app|https)://.+", OPEN },
    { "(app://x|https://.+)", OPEN },
    { "https://a{242}\\.example\\.com", RIGHT },
    { "https://a{300}\\.example\\.com", NONE },
    { "https://[ab]{6}\\.com", RIGHT },
    { "https://[ab]{7}\\.com", SUFFIX },
    { "https://(a|[bc]){5}\\.com", SUFFIX },
    { "https://[ab]{5}(c|d)\\.com", RIGHT },
    { "https://a{1,100}\\.com", RIGHT },
    { "https://a{1,101}\\.com", OPEN },
    { "https://[0-9]{2}\\.(com|de)", SUFFIX },
    { "https://.*\\.(de|github\\.io)", SUFFIX },
    { "https://x[0-9]{2}\\.github\\.io", RIGHT },
    { "https://x[0-9]{3}\\.github\\.io", SUFFIX },
    { "https://[a-z0-9]x\\.com", OPEN },
    { "https://[0-9]x\\.com", RIGHT },
    { "https://.*\\.www\\.ck", RIGHT },
    { "https://.*\\.x\\.ck", SUFFIX },
    { "http://127\\.0\\.0\\.\\d+", OPEN },
    /* a number that no address has ends the walk before it has taken too long */
    { "http://\\d+\\.\\d+\\.\\d+\\.256", NONE },
    { "http://\\d+\\.\\d+\\.256\\.1", NONE },
    { "http://\\d+\\.\\d+\\.\\d+\\.300", NONE },
    { "http://\\d+\\.\\d+\\.300\\.1", NONE },
    { "http://\\d+\\.\\d+\\.\\d+\\.1000", NONE },
    { "http://\\d+\\.\\d+\\.1000\\.1", NONE },
    { "http://\\d+\\.\\d+\\.\\d+\\.01", NONE },
    { "http://\\d+\\.\\d+\\.2\\.3\\.4", NONE },
    { "http://\\d+\\.\\d+\\.\\.4", NONE },
    { "http://\\d+\\.\\d+\\.01\\.1", NONE },
    { "http://\\d+\\.\\d+\\.00\\.1", NONE },
    { "http://255\\.1\\.10\\.100", RIGHT },
    { "http://1\\.255\\.100\\.10", RIGHT },
    { "http://200\\.0\\.0\\.255", RIGHT },
    { "http://1\\.1\\.255\\.0", RIGHT },
    { "http://\\d\\.1\\.10\\.1", RIGHT },
    { "https://[0-9]{3}x\\.com", OPEN },
    { "https://[0-9]{3}[xy]\\.com", SUFFIX },
    { "https://.*\\.compute\\.amazonaws\\.com", SUFFIX },
    { "https://me\\.[a-j]u\\.platform\\.sh", RIGHT },
    { "https://me\\.[a-k]u\\.platform\\.sh", SUFFIX },
    { "https://me\\.(eu|[^a-z.]{2})\\.platform\\.sh", RIGHT },
    { "https://[a-z]+eu\\.platform\\.sh", RIGHT },
    { "https://[a-z]x\\.eu\\.platform\\.sh", SUFFIX },
    { "https://me\\.[a-z]+\\.compute\\.amazonaws\\.com", SUFFIX },
    { "https://me\\.eu\\.compute\\.amazonaws\\.com", RIGHT },
    { "https://me\\.[a-z]+\\.0emm\\.com", SUFFIX },
    { "https://me\\.[a-z]+\\.platformsh\\.site", SUFFIX },
    { "https://me\\.eu\\.platformsh\\.site", RIGHT },
    { "https://([a-z]x\\.net|me\\.github\\.io)", OPEN },
    { "https://([a-z]x\\.net|x[0-9]{3}\\.github\\.io)", OPEN },
};

static verdict_e verdict_of(const cors_reach_t *reach)
{
    return reach->obstacle ? UNDECIDED
           : reach->open   ? OPEN
           : reach->suffix ? SUFFIX
           : reach->none   ? NONE
                           : RIGHT;
}

/* Compile with httpd's options. Returns NULL if it is invalid. */
static pcre2_code *compile_regex(const char *regex)
{
    const char *text =
        apr_pstrcat(pool, "(*LIMIT_MATCH=50000)\\A(?:", regex, ")\\z", NULL);
    int error;
    PCRE2_SIZE at;

    return pcre2_compile((PCRE2_SPTR)text, strlen(text), PCRE2_DOLLAR_ENDONLY,
                         &error, &at, NULL);
}

static bool matches_regex(const pcre2_code *regex, pcre2_match_data *data,
                          const char *text)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);

    return pcre2_match(regex, (PCRE2_SPTR)text, strlen(text), 0, 0, data, NULL)
               > 0
           && ends[0] == 0 && ends[1] == strlen(text);
}

static void check_witness(const char *regex, const char *origin)
{
    pcre2_code *compiled = compile_regex(regex);
    pcre2_match_data *data =
        pcre2_match_data_create_from_pattern(compiled, NULL);
    const char *unused;
    cors_origin_t parts;

    if (!cors_origin_parse(cors_slice(origin), &parts)
        || !matches_regex(compiled, data, origin)) {
        fail_msg("%s does not match %s", regex, origin);
    }
    if (cors_host_ends_in_number(parts.host)
        && cors_host_check(pool, parts.host, &unused) != CORS_OK) {
        fail_msg("%s: no browser sends %s", regex, origin);
    }
    assert_true(strlen(origin) < 130);
    pcre2_match_data_free(data);
    pcre2_code_free(compiled);
}

static void common_regexes_are_classified(void **state)
{
    size_t i;

    (void)state;
    assert_true(COUNT(common) >= 200);
    for (i = 0; i < COUNT(common); i++) {
        cors_reach_t reach;

        cors_regex_find_reach(pool, common[i].regex, &reach);
        same_number(common[i].regex, verdict_of(&reach), common[i].verdict);
        if (reach.open && !reach.obstacle) {
            assert_non_null(reach.open_origin);
            check_witness(common[i].regex, reach.open_origin);
        }
        if (reach.suffix) {
            assert_non_null(reach.suffix_origin);
            check_witness(common[i].regex, reach.suffix_origin);
        }
    }
}

/* Character classes may stand for at most a hundred names, whatever the length of
 * the regular expression. */
static void classes_have_at_most_100_names(void **state)
{
    static const struct {
        const char *regex;
        verdict_e verdict;
    } rows[] = {
        { "https://shop[0-9][0-9]\\.com", RIGHT },
        { "https://shop1?[0-9][0-9]\\.com", SUFFIX },
        { "https://shop([0-9][0-9]|a[0-9])\\.com", SUFFIX },
        { "https://shop([0-9][0-9]|a0)\\.com", RIGHT },
        { "https://[0-9][0-9]\\.10\\.com|https://[0-9]\\.(a|b)[0-9]\\.com",
          RIGHT },
        { "http://10\\.[0-9][0-9]?\\.0\\.1", RIGHT },
        { "http://10\\.[0-4]\\.0\\.\\d+", RIGHT },
        { "http://10\\.\\d+\\.0\\.\\d+", OPEN },
        { "http://10\\.(1?[0-9][0-9]|0)\\.0\\.1", OPEN },
        /* at most one literal name for every four bytes */
        { "https://www\\.(a|b){7}\\.com", RIGHT },
        { "https://www\\.(a|b){9}\\.com", SUFFIX },
        /* literal names do not count as names of a class */
        { "https://x[0-9]\\.com|"
          "https://(a|b|c|d|e)(a|b|c|d|e)(a|b|c|d|e)\\.com",
          RIGHT },
    };
    const char *comment =
        apr_pstrcat(pool, "(?#", repeat_text("x", 1000), ")", NULL);
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_reach_t reach;

        cors_regex_find_reach(pool,
                              apr_pstrcat(pool, comment, rows[i].regex, NULL),
                              &reach);
        same_number(rows[i].regex, verdict_of(&reach), rows[i].verdict);
    }
}

static void plain_http_of_other_hosts_is_found(void **state)
{
    static const struct {
        const char *regex;
        bool insecure;
    } rows[] = {
        { "http://a\\.example\\.com", true },
        { "https://a\\.example\\.com", false },
        { "https?://a\\.example\\.com", true },
        { "(http|https)://a\\.example\\.com", true },
        { "(https|app)://a\\.example\\.com", false },
        { "https+://a\\.example\\.com", false },
        { ".*://a\\.example\\.com", true },
        { "\\w+://(.*\\.)?example\\.com(:\\d+)?", true },
        { "[a-z]{5}://a\\.example\\.com", false },
        { "[a-z]{4}://a\\.example\\.com", true },
        { ".*a\\.example\\.com", true },
        { "(?i)HTTP://a\\.example\\.com", true },
        { "\\Qhttp://a.example.com\\E", true },
        { "http://localhost", false },
        { "http://localhost(:\\d+)?", false },
        { "http://.*\\.localhost", false },
        { "http://.*localhost", true },
        { "http://localhost\\.example\\.com", true },
        { "http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:\\d+)?", false },
        { "http://127\\.0\\.0\\.\\d", false },
        { "http://(localhost|a\\.example\\.com)", true },
        { "http://localhost|https://a\\.example\\.com", false },
        { "https://a\\.example\\.com|http://b\\.example\\.com", true },
        { "http://a\\.example\\.com|https://b\\.example\\.com", true },
        /* after too many names, the other hosts count as well */
        { "https://x[0-9]{3}|http://xxxxxx9", true },
        { "https://x[0-9]{3}|https://xxxxxx9", false },
        { "http://192\\.168\\.1\\.\\d+", true },
        { "http://intranet", true },
        { "https?://.*\\.com", true },
        { "https://.*\\.com|http://localhost", false },
        { "http.*", true },
        { "https://[0-9]{3}\\.a\\.example|http://localhost", false },
        { "https://x[0-9]{3}\\.com|http://x\\.example\\.com", true },
        { "http://", false },
        { "app://a\\.example\\.com", false },
        { "(app|http)://[a-z]+\\.com", true },
        { "(app|https)://[a-z]+\\.com", false },
        { "http://127\\.\\d\\.0\\.1", false },
        { "http://12[67]\\.0\\.0\\.1", true },
        { "http://x\\.localhost", false },
        { "http://xlocalhost", true },
        { "http://.*\\.localhost\\.", false },
        { "[^s]+://x\\.com", true },
        { ".*s://x\\.com", false },
        { "http://[a-z]+x\\.com", true },
        { "https://[a-z]+x\\.com", false },
        { "http://[a-z]+\\.com", true },
        { "https://10\\.0\\.0\\.1|http://x10\\.0\\.0\\.1", false },
        /* without a scheme it is no origin */
        { "(https://[a-z]+)?\\.a\\.example", false },
        { "(http://[a-z]+)?\\.a\\.example", true },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_reach_t reach;

        cors_regex_find_reach(pool, rows[i].regex, &reach);
        same_number(rows[i].regex, reach.insecure, rows[i].insecure);
    }
}

/* The examples of a message are names that anyone can register, not the names that the
 * regular expression spells out. */
static void examples_are_not_spelled_out(void **state)
{
    static const struct {
        const char *regex;
        const char *open;
        const char *suffix;
    } rows[] = {
        { "https://.*", "https://strangerzq.com", NULL },
        { "app://.*", "app://abcdefghijklmnopabcdefghijklmnop", NULL },
        { "(app|http)://.*", "http://strangerzq.com", NULL },
        { "[a-z]+://.*", "https://strangerzq.com", NULL },
        { "[b-z][a-z0-9+.-]+://.+", "https://strangerzq.com", NULL },
        { "[a-c]x+:[/]/.+", "ax://abcdefghijklmnopabcdefghijklmnop", NULL },
        { "moz-extension://[0-9a-f-]+", "moz-extension://a", NULL },
        { "[b-d]x+://.*", "bx://abcdefghijklmnopabcdefghijklmnop", NULL },
        { "(a|[p-z]b)://.*", "a://abcdefghijklmnopabcdefghijklmnop", NULL },
        { "([p-z]b|a)://.*", "a://abcdefghijklmnopabcdefghijklmnop", NULL },
        { "https:/[/a-k]+x\\.com", "https://ax.com", NULL },
        { "app://.*x|https://.{3}x", "https://netx", NULL },
        /* an address without its end is no host */
        { "https://\\[[0-9a-f]{3}", NULL, NULL },
        /* 000 is no host that browsers send */
        { "https://[0-9_]{3}", NULL, NULL },
        { "https://.+:81", "https://strangerzq.com:81", NULL },
        { "https://.+:\\d+", "https://strangerzq.com:8443", NULL },
        { "https://.+:6553[0-9]", "https://strangerzq.com:65530", NULL },
        { "https://.+:655\\d\\d", "https://strangerzq.com:65500", NULL },
        { "https://.+:\\d{5}", "https://strangerzq.com:10000", NULL },
        { "https://.+:[6-9]\\d{4}", "https://strangerzq.com:60000", NULL },
        { "https://.+:(99999|8)", "https://strangerzq.com:8", NULL },
        { "https://.+(:99999|:7)", "https://strangerzq.com:7", NULL },
        { "https://.+:(22|11|33)", "https://strangerzq.com:11", NULL },
        { "https://.+:99999", NULL, NULL },
        { "https://.+:70000", NULL, NULL },
        { "http://\\[.*\\]", "http://[2001:db8::1]", NULL },
        { "http://\\[[0-9a-f:]*1::\\]", "http://[a1::]", NULL },
        { "http://\\[2001:[0-9a-f]+::1\\]", "http://[2001:a::1]", NULL },
        { "http://(\\[a:|zzb2)[0-9a-f:]+\\]", "http://[a:a]", NULL },
        { "http://203\\.0\\.113\\.\\d+", "http://203.0.113.130", NULL },
        { "http://.*0\\.113\\.7", "http://130.100.113.7", NULL },
        { "http://203\\.0\\..*", "http://203.0.strangerzq.com", NULL },
        { "https://.*example\\.com", "https://strangerzqexample.com", NULL },
        { "https://.*-example\\.com", "https://strangerzq-example.com", NULL },
        { "https://.?example\\.com", "https://xexample.com", NULL },
        { "https://[^x]example\\.com", "https://zexample.com", NULL },
        { "https://example.{2}com", "https://examplexxcom", NULL },
        { "https://[a-z]{3}", "https://net", NULL },
        { "https://a[a-z]*", "https://anet", NULL },
        { "https://.*\\.example\\.[a-z]{2}", "https://strangerzq.example.xx",
          NULL },
        { "https://.*example\\.com\\.", "https://strangerzqexample.com.",
          NULL },
        { "https://(.{3}|.{5})x\\.com", "https://xxxx.com", NULL },
        { "https://([a-z]{3}q|[a-z]{2}r)x\\.com", "https://xxrx.com", NULL },
        { "https://x[a-z]+y\\.com", "https://xstrangerzqy.com", NULL },
        { "https://[^/]{14}", "https://strangerzq.com", NULL },
        { "https://a{1,101}\\.com", "https://aaaaaaaaaaa.com", NULL },
        { "(https://a\\.com|app://.*)", "app://strangerzq.com", NULL },
        { "(https://a\\.com|app://[a-z]+)", "app://net", NULL },
        { "https://(a|[b-z]{3})x\\.com", "https://xxxx.com", NULL },
        { "https://(a\\.b|c[b-z]{3})x\\.com", "https://cxxxx.com", NULL },
        { "https://([a-z]x|y)\\.com", "https://xx.com", NULL },
        { "https://[0-9]{3}x\\.com", "https://010x.com", NULL },
        { "(https://a\\.com|app://.*\\.com)", NULL, "app://strangerzq.com" },
        { "https://(a|[b-z]{3})\\.com", NULL, "https://xxx.com" },
        { "https://([a-k]{3}|[l-w]{3})\\.com", NULL, "https://qqq.com" },
        { "https://([l-w]{3}|[a-k]{3})\\.com", NULL, "https://qqq.com" },
        { "https://(a|[b-z]{3})\\.github\\.io", NULL, "https://xxx.github.io" },
        { "https://x(\\.com|[b-z]{3}\\.com)", NULL, "https://xxxx.com" },
        { "(http://a\\.com|https://[a-z]{2}\\.com)", NULL, "https://xx.com" },
        { "(https://a\\.com|http://[a-z]{2}\\.com)", NULL, "http://xx.com" },
        { "http(s|)://[a-z]+\\.com", NULL, "https://strangerzq.com" },
        { "https://.*\\.com\\.", NULL, "https://strangerzq.com." },
        { "https://[ab]{7}\\.com", NULL, "https://ababaaa.com" },
        { "https://www\\.(a|b){9}\\.com", NULL, "https://www.ababaaaaa.com" },
        { "https://x[0-9]{3}\\.(github\\.io|com)", NULL, "https://x010.com" },
        { "https://x[0-9]{3}\\.github\\.io", NULL, "https://x010.github.io" },
        { "https://(.*\\.github\\.io|x[0-9]{3}\\.github\\.io)", NULL,
          "https://strangerzq.github.io" },
        /* names in one place do not count elsewhere */
        { "https://(x[0-9]{3}\\.github\\.io|abcdefghijklmnop\\.de)", NULL,
          "https://x010.github.io" },
        { "https://([0-9]{4}com|x{9}[a-z]\\.com)", "https://0100com", NULL },
        { "https://([a-z]x|.*)\\.com", NULL, "https://strangerzq.com" },
        { "https://[a-z]x\\.github\\.io", NULL, "https://xx.github.io" },
        { "https://(.*\\.com|[a-z]+\\.github\\.io)", NULL,
          "https://strangerzq.com" },
        { "https://(.*\\.github\\.io|[a-z]x\\.com)", "https://xx.com",
          "https://strangerzq.github.io" },
        { "https://([a-z]x\\.net|.*\\.github\\.io)", "https://xx.net",
          "https://strangerzq.github.io" },
        { "https://([a-z]x\\.com|.*\\.com|[a-z]y\\.net)", "https://xy.net",
          "https://strangerzq.com" },
        { "https://([a-z]x\\.net|x[0-9]{3}\\.github\\.io)", "https://xx.net",
          "https://x010.github.io" },
        { "https://(x[0-9]{3}\\.github\\.io|[0-9]{3}\\.example\\.de)", NULL,
          "https://x010.github.io" },
        { "https://([0-9]{3}x\\.de|x[0-9]{3}\\.github\\.io)", "https://010x.de",
          NULL },
        { "https://([a-z]x\\.de|x[0-9]{3}\\.github\\.io)", "https://xx.de",
          "https://x010.github.io" },
        { "https://(me|x[0-9]{3})\\.github\\.io|https://[0-9]{2}\\.de", NULL,
          "https://01.de" },
        { "https://([0-9]{2}\\.io|x[0-9]{3}\\.github\\.io|[0-9]{2}\\.de)", NULL,
          "https://01.de" },
        { "https://([0-9]{2}\\.github\\.io|x[0-9]\\.de)", NULL,
          "https://00.github.io" },
        { "https://(x[0-9]{3}\\.github\\.io|[0-9]{3}aaaaaaaaaaaaaaaaaaa\\.de)",
          "https://010aaaaaaaaaaaaaaaaaaa.de", "https://x010.github.io" },
        { "https://([0-9]{3}aaaaaaaaaaaaaaaaaaa\\.de|x[0-9]{3}\\.github\\.io)",
          "https://010aaaaaaaaaaaaaaaaaaa.de", "https://x010.github.io" },
        { "https://((a|b|c|d)(a|b|c|d)|[0-9]{3})\\.com", NULL,
          "https://010.com" },
        { "https://(www\\.(a|b|c|d)(a|b|c|d)|aaaaaaaa[0-9]{3})\\.com", NULL,
          "https://aaaaaaaa010.com" },
        { "https://((a|b|c|d)(a|b|c|d)|aaaaaaaa[0-9]{3})x\\.com",
          "https://aaaaaaaa010x.com", NULL },
        { "https://([0-8]a|[01]b|xc|[0-9]{3}d)\\.com", NULL, "https://1b.com" },
        { "https://([0-9]?(a|b|c|d)(a|b|c|d))\\.com", NULL, "https://0ba.com" },
        { "https://(x[0-9]{3}\\.github\\.io|a{20,121}\\.com)",
          "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com",
          "https://x010.github.io" },
        { "https://([a-z]+\\.eu\\.platform\\.sh|[a-z]+x{30}\\.com)",
          "https://strangerzqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.com",
          "https://strangerzq.eu.platform.sh" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_reach_t reach;

        cors_regex_find_reach(pool, rows[i].regex, &reach);
        same_text(rows[i].regex, reach.open_origin, rows[i].open);
        same_text(rows[i].regex, reach.suffix_origin, rows[i].suffix);
    }
}

static apr_uint64_t seed;

static unsigned random_below(unsigned count)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(seed >> 33) % count;
}

#define ONE(texts) (texts)[random_below(COUNT(texts))]

/* A regular expression for names of example.com, example.org, example.net,
 * example0.net to example3.net, shop.com, me.github.io, x.amazonaws.com,
 * corp.internal, co.uk and some addresses, with or without a common mistake that
 * lets in more. */
static const char *random_branch(void)
{
    static const char *const schemes[] = {
        "https://",     "https?://",         "http://",
        ".*://",        "[a-z]+://",         "(https?|app)://",
        "^https://",    "(^https|^http)://", "https:\\/\\/",
        ".*",           "\\w+://",           "(chrome-extension|https)://",
        "(?i)https://", "(?:https?:\\/\\/)", "https:[/]{2}"
    };
    static const char *const before[] = { "",
                                          "",
                                          "",
                                          ".*",
                                          ".+",
                                          "(.*\\.)?",
                                          "(.*)",
                                          "[^/]*",
                                          "[^/.]*\\.",
                                          "(www\\.)?",
                                          "(www|app)\\.",
                                          "(www|app).",
                                          ".*\\.",
                                          "[a-z0-9-]+\\.",
                                          "[a-z0-9-]+",
                                          "\\w*\\b",
                                          "\\b",
                                          "(?:[a-z]+\\.)*",
                                          "(?:x.)*",
                                          "x?",
                                          ".{3}",
                                          "(?>.*\\.)",
                                          ".*+",
                                          "(?=.)",
                                          "pr-\\d+\\.",
                                          "\\d*",
                                          "[0-9]{2}\\.",
                                          "(a|.*b)",
                                          "\\B",
                                          "(x|^)",
                                          "(?!q)",
                                          "[[:alpha:]]*" };
    static const char *const names[] = { "example\\.com",
                                         "example.com",
                                         "example\\.(com|org)",
                                         "exampl[e]\\.com",
                                         "github\\.io",
                                         "me\\.github\\.io",
                                         "co\\.uk",
                                         "example\\.net",
                                         "corp\\.internal",
                                         "internal",
                                         "localhost",
                                         "amazonaws\\.com",
                                         "x\\.amazonaws\\.com",
                                         "10\\.0\\.0\\.1",
                                         "127\\.0\\.0\\.1",
                                         "\\[::1\\]",
                                         "10\\..*",
                                         "[a-z]+\\.com",
                                         "[a-z]+",
                                         "\\w+",
                                         "[^.]+\\.com",
                                         "(a|b)\\.example\\.org",
                                         "example[0-3]\\.net",
                                         "com",
                                         "(com|net)",
                                         "[\\d.]+",
                                         "192\\.168\\.1\\.\\d+",
                                         "10\\.0\\.0\\.\\d{1,3}",
                                         "10\\.0\\.\\d+\\.\\d+",
                                         "203\\.0\\.113\\.\\d+",
                                         "shop[0-9]{2}\\.com",
                                         "example\\.com\\.?",
                                         "(?i)EXAMPLE\\.com",
                                         "\\Qexample.com\\E",
                                         "example[^a-z0-9]com",
                                         "shop\\x2ecom",
                                         "(?x) shop \\. com" };
    static const char *const after[] = {
        "",  "",           "",       "",      ".*",       "(:\\d+)?", ":[0-9]+",
        "$", "\\z",        "(:.*)?", ":?.*",  "\\b",      "\\.?",     "/?",
        "",  "(\\.evil)?", "[.]?",   "[^/]*", "(?:$|.*)", "(?<=m)"
    };

    return apr_pstrcat(pool, ONE(schemes), ONE(before),
                       random_below(3) ? "" : ONE(before), ONE(names),
                       ONE(after), NULL);
}

static const char *random_regex(void)
{
    const char *regex = random_branch();

    if (random_below(4) == 0) {
        regex = apr_pstrcat(pool, regex, "|", random_branch(), NULL);
    }
    return random_below(5) ? regex : apr_pstrcat(pool, "^(", regex, ")$", NULL);
}

/* An origin of an attacker, who owns none of these names. */
static const char *random_attacker(void)
{
    static const char *const schemes[] = { "https", "https", "http", "app",
                                           "chrome-extension" };
    static const char *const marks[] = { "",     "",      "www.", "a.b.",
                                         "app.", "pr-1.", "x.x.", "q!" };
    static const char *const names[] = { "strangerzq.com",
                                         "strangerzq.org",
                                         "strangerzqexample.com",
                                         "zexample.com",
                                         "example.com.strangerzq.com",
                                         "example.comstrangerzq.com",
                                         "appzexample.com",
                                         "wwwzexample.com",
                                         "examplezcom.com",
                                         "example.zcom",
                                         "strangerzq.github.io",
                                         "zgithub.io",
                                         "strangerzq.s3.amazonaws.com",
                                         "zamazonaws.com",
                                         "z.co.uk",
                                         "strangerzq.co.uk",
                                         "zq.internal",
                                         "zcorp.internal",
                                         "10.1.2.3",
                                         "10.0.0.1.strangerzq.com",
                                         "203.0.113.7",
                                         "192.168.2.1",
                                         "10.0.9.7",
                                         "172.16.0.1",
                                         "192.168.1.7.strangerzq.com",
                                         "shop777.com",
                                         "[2001:db8::1]",
                                         "localhost.strangerzq.com",
                                         "z-example.com",
                                         "z!example.com",
                                         "example.com!.strangerzq.com",
                                         "strangerzq.com.",
                                         "zq.de",
                                         "abcdefghijklmnopabcdefghijklmnop",
                                         "example7.net",
                                         "example-net.com",
                                         "zme.github.io",
                                         "bexample.com",
                                         "zshop.com",
                                         "example.strangerzq",
                                         "example.com-z.com",
                                         "examplescom.net" };
    static const char *const ports[] = { "", "", ":3000", ":8443", ":1" };
    const char *name = ONE(names);
    bool address = apr_isdigit(name[0]) || name[0] == '[';

    return apr_pstrcat(pool, ONE(schemes), "://", address ? "" : ONE(marks),
                       name, ONE(ports), NULL);
}

#define ORIGINS 20 /* for each regular expression */

static void accepted_regexes_match_no_attacker(void **state)
{
    const char *wanted = getenv("CORS_DRAWS");
    long draws = wanted ? atol(wanted) : 40000;
    long accepted = 0;
    long matched = 0;
    apr_pool_t *parent = pool;
    long i;

    (void)state;
    seed = getenv("CORS_SEED") ? (apr_uint64_t)atol(getenv("CORS_SEED")) : 1;
    for (i = 0; i < draws / ORIGINS; i++) {
        const char *regex;
        pcre2_code *compiled;
        pcre2_match_data *data;
        cors_reach_t reach;
        int n;

        apr_pool_create(&pool, parent);
        regex = random_regex();
        compiled = compile_regex(regex);
        assert_non_null(compiled);
        data = pcre2_match_data_create_from_pattern(compiled, NULL);
        cors_regex_find_reach(pool, regex, &reach);
        accepted += !reach.open && !reach.suffix ? 1 : 0;
        for (n = 0; n < ORIGINS; n++) {
            const char *origin = random_attacker();

            if (matches_regex(compiled, data, origin)) {
                matched++;
                if (!reach.open && !reach.suffix) {
                    fail_msg("%s is accepted, and matches %s", regex, origin);
                }
                if (strncmp(origin, "http://", 7) == 0 && !reach.insecure
                    && !reach.obstacle) {
                    fail_msg("%s is silent of %s", regex, origin);
                }
            }
        }
        pcre2_match_data_free(data);
        pcre2_code_free(compiled);
        apr_pool_destroy(pool);
    }
    pool = parent;
    /* both cases must be frequent enough for the test to mean something */
    assert_true(accepted > draws / ORIGINS / 20);
    assert_true(matched > draws / 50);
    if (wanted) {
        print_message(
            "# %ld draws, %ld regular expressions accepted, %ld matches\n",
            draws, accepted, matched);
    }
}

static void regexes_that_take_too_long_are_open(void **state)
{
    static const char *const rows[][2] = {
        { "(((a{200}){200}){200})", "too large to be decided" },
        { "(?:(?:){65535}){65535}", "too large to be decided" },
        { "https://[a-z]{0,60000}", "too large to be decided" },
        { "http://203\\.0\\.113\\.\\d+\\.", "too much to be decided" },
        { "https://(?!x)y\\.com", "look-ahead at byte 9" },
        { "(a)\\1", "a back-reference at byte 4" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_reach_t reach;

        cors_regex_find_reach(pool, rows[i][0], &reach);
        same_text(rows[i][0], reach.obstacle, rows[i][1]);
        assert_true(reach.open);
        assert_false(reach.none);
    }
}

static void regexes_that_take_too_long_may_be_plain_http(void **state)
{
    static const struct {
        const char *regex;
        bool insecure;
    } rows[] = {
        { "http://203\\.0\\.113\\.\\d+\\.", true },
        { "https://203\\.0\\.113\\.\\d+\\.", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_reach_t reach;

        cors_regex_find_reach(pool, rows[i].regex, &reach);
        same_text(rows[i].regex, reach.obstacle, "too much to be decided");
        same_number(rows[i].regex, reach.insecure, rows[i].insecure);
    }
}

/* PCRE may match less than the automaton: wider is then true. */
static void possessive_parts_are_read_as_greedy(void **state)
{
    static const struct {
        const char *regex;
        bool wider;
    } rows[] = {
        { "https://[a-z]+\\.example\\.com", false },
        { "https://[a-z]++\\.example\\.com", true },
        { "https://(?>[a-z]+)\\.example\\.com", true },
        { "https://.*x\\.com", false },
        { "https://.*+x\\.com", true },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_reach_t reach;

        cors_regex_find_reach(pool, rows[i].regex, &reach);
        same_number(rows[i].regex, reach.wider, rows[i].wider);
    }
}

/* A .htaccess file is read during a request, so a line of 8 KB has to be classified
 * in a short time, whatever it repeats or nests. */
static void long_regexes_are_classified_in_time(void **state)
{
    static const char *const units[] = { "/",
                                         "(",
                                         "[",
                                         "(?:",
                                         "a|",
                                         "{",
                                         "\\Q",
                                         "(?#",
                                         "a?",
                                         ".*",
                                         "(a|b)*",
                                         "[a-z]{1,9}",
                                         "\\b",
                                         "(?i)",
                                         "^",
                                         "|",
                                         "https://a\\.b|",
                                         "\\d{1,3}\\.",
                                         "(a*)*",
                                         "a{1",
                                         "{1,",
                                         "[[:",
                                         "(?x)#",
                                         ".?",
                                         "(.|.)",
                                         "[0-9]" };
    apr_time_t start = apr_time_now();
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(units); i++) {
        cors_reach_t reach;

        cors_regex_find_reach(pool,
                              repeat_text(units[i], 8000 / strlen(units[i])),
                              &reach);
        cors_regex_find_reach(pool,
                              apr_pstrcat(pool, "https://",
                                          repeat_text(units[i],
                                                      8000 / strlen(units[i])),
                                          "example\\.com", NULL),
                              &reach);
    }
    /* for all 52 together, also with a sanitizer on a busy machine */
    assert_true(apr_time_now() - start < apr_time_from_sec(60));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(common_regexes_are_classified),
        TEST(classes_have_at_most_100_names),
        TEST(plain_http_of_other_hosts_is_found),
        TEST(examples_are_not_spelled_out),
        TEST(accepted_regexes_match_no_attacker),
        TEST(regexes_that_take_too_long_are_open),
        TEST(regexes_that_take_too_long_may_be_plain_http),
        TEST(possessive_parts_are_read_as_greedy),
        TEST(long_regexes_are_classified_in_time),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
