/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Parsing of the Origin header, byte by byte. */

#include "unit.h"

#include "core/base/host.h"
#include "core/origin/origin.h"

static void origin_is_scheme_host_and_optional_port(void **state)
{
    static const struct {
        const char *text;
        const char *scheme;
        const char *host;
        unsigned port;
    } rows[] = {
        { "https://example.com", "https", "example.com", 0 },
        { "http://localhost:3000", "http", "localhost", 3000 },
        { "https://example.com:1", "https", "example.com", 1 },
        { "https://example.com:65535", "https", "example.com", 65535 },
        { "https://example.com:443", "https", "example.com", 443 },
        { "https://example.com.", "https", "example.com.", 0 },
        { "https://xn--bcher-kva.example", "https", "xn--bcher-kva.example",
          0 },
        { "https://a_b-c.example", "https", "a_b-c.example", 0 },
        { "http://127.0.0.1:8080", "http", "127.0.0.1", 8080 },
        { "http://[::1]", "http", "[::1]", 0 },
        { "http://[2001:db8::af]:8080", "http", "[2001:db8::af]", 8080 },
        { "capacitor://localhost", "capacitor", "localhost", 0 },
        { "chrome-extension://abcdefghijklmnop", "chrome-extension",
          "abcdefghijklmnop", 0 },
        { "a+b-c.0://x", "a+b-c.0", "x", 0 },
        { "z://y", "z", "y", 0 },
        { "file://", "file", "", 0 },
        { "https://!$&'()*+;=~", "https", "!$&'()*+;=~", 0 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_slice_t text = exact_copy(rows[i].text);
        cors_origin_t origin;

        same_number(rows[i].text, cors_origin_parse(text, &origin), true);
        assert_ptr_equal(origin.text.ptr, text.ptr);
        assert_int_equal(origin.text.len, text.len);
        same_text(rows[i].text, text_of(origin.scheme), rows[i].scheme);
        same_text(rows[i].text, text_of(origin.host), rows[i].host);
        same_number(rows[i].text, origin.port, rows[i].port);
        assert_false(origin.null);
    }
}

static void opaque_origin_is_null_in_lower_case(void **state)
{
    static const char *const neighbours[] = { "Null",  "NULL",  "nul",
                                              "nulll", "null ", " null" };
    cors_origin_t origin;
    size_t i;

    (void)state;
    assert_true(cors_origin_parse(exact_copy("null"), &origin));
    assert_true(origin.null);
    assert_null(origin.scheme.ptr);
    assert_null(origin.host.ptr);
    assert_int_equal(origin.text.len, 4);
    for (i = 0; i < COUNT(neighbours); i++) {
        same_number(neighbours[i],
                    cors_origin_parse(exact_copy(neighbours[i]), &origin),
                    false);
    }
}

static void malformed_origins_are_rejected(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "h",
        "https",
        "https:",
        "https:/",
        "https://",
        "https//a",
        "https:a",
        "https:/a/",
        "https;//a",
        "https:;/a",
        "https:/;a",
        "://a",
        "//a",
        "a",
        "HTTPS://a",
        "hTtps://a",
        "1http://a",
        "+a://a",
        "-a://a",
        ".a://a",
        "ht_tp://a",
        "http s://a",
        " https://a",
        "https://a ",
        "https://a\t",
        "https://A",
        "https://Z",
        "https://a/",
        "https://a//",
        "https://a?q",
        "https://a#f",
        "https://u@a",
        "https://u:p@a",
        "https://a,b",
        "https://a, https://b",
        "https://a https://b",
        "https://a\\b",
        "https://a%41",
        "https://a|b",
        "https://a^b",
        "https://a<b",
        "https://a>b",
        "https://a\"b",
        "https://a`b",
        "https://a{b",
        "https://a}b",
        "https://a\x7f",
        "https://a\x01",
        "https://a\n",
        "https://a\r\nX: y",
        "https://\xc3\xbc.example",
        "https://a\xff",
        "https://a:",
        "https://a:0",
        "https://a:00080",
        "https://a:01",
        "https://a:65536",
        "https://a:99999",
        "https://a:100000",
        "https://a:8o",
        "https://a:80:80",
        "https://a:80/",
        "https://a:+80",
        "https://a:-1",
        "https://a:*",
        "https://:80",
        "https://[",
        "https://[]x",
        "https://[::1",
        "https://[::1]x",
        "https://[::1]80",
        "https://[::1]]",
        "https://[::1]:",
        "https://[::G]",
        "https://[::g",
        "https://[::x:80",
        "https://[::A]",
        "https://[fe80::1%25eth0]",
        "https://::1",
        "https://a[::1]",
        "file:",
        "file:/",
        "file:///",
        "file:///etc",
        "files://",
        "fil://",
        "file://:80",
    };
    cors_origin_t origin;
    size_t i;

    (void)state;
    assert_false(cors_origin_parse(cors_slice(NULL), &origin));
    for (i = 0; i < COUNT(rows); i++) {
        same_number(rows[i], cors_origin_parse(exact_copy(rows[i]), &origin),
                    false);
    }
}

static void each_byte_is_checked_in_each_part(void **state)
{
    static const char in_scheme[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
    static const char in_host[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                                  "-._~!$&'()*+;=";
    static const char in_ipv6[] = "0123456789abcdef:";
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        char scheme[] = "aXb://c";
        char host[] = "a://bXc";
        char ipv6[] = "a://[X]";
        cors_origin_t origin;

        scheme[1] = (char)c;
        host[5] = (char)c;
        ipv6[5] = (char)c;
        same_number(apr_psprintf(pool, "%d in a scheme", c),
                    cors_origin_parse(exact_bytes(scheme, 7), &origin),
                    memchr(in_scheme, c, sizeof(in_scheme) - 1) != NULL);
        same_number(apr_psprintf(pool, "%d in a host", c),
                    cors_origin_parse(exact_bytes(host, 7), &origin),
                    memchr(in_host, c, sizeof(in_host) - 1) != NULL);
        same_number(apr_psprintf(pool, "%d in brackets", c),
                    cors_origin_parse(exact_bytes(ipv6, 7), &origin),
                    memchr(in_ipv6, c, sizeof(in_ipv6) - 1) != NULL);
    }
}

static bool is_origin(const char *scheme, const char *host, const char *port)
{
    cors_origin_t origin;

    return cors_origin_parse(exact_copy(apr_pstrcat(pool, scheme, "://", host,
                                                    port, NULL)),
                             &origin);
}

static void parts_have_maximum_lengths(void **state)
{
    const char *scheme = repeat_text("s", CORS_SCHEME_MAX);
    const char *host = repeat_text("h", CORS_HOST_MAX);

    (void)state;
    assert_int_equal(CORS_ORIGIN_MAX, 328);
    assert_true(is_origin(scheme, host, ":65535"));
    assert_false(is_origin(scheme, host, ":655350"));
    assert_true(is_origin(scheme, "h", ""));
    assert_false(is_origin(repeat_text("s", CORS_SCHEME_MAX + 1), "h", ""));
    assert_true(is_origin("s", host, ""));
    assert_false(is_origin("s", repeat_text("h", CORS_HOST_MAX + 1), ""));
    assert_true(is_origin("s", repeat_text("a.", 127), ":1"));
}

static void hostile_origins_are_rejected_at_any_length(void **state)
{
    cors_origin_t origin;

    (void)state;
    assert_false(is_origin("https", repeat_text("a", 8192), ""));
    assert_false(is_origin("https", repeat_text("a.", 10000), "example.com"));
    assert_false(is_origin("https", repeat_text(".", 8192), ""));
    assert_false(is_origin(repeat_text("a", 8192), "b", ""));
    assert_false(is_origin("https", repeat_text("[", 8192), ""));
    assert_false(is_origin("https", "a:", repeat_text("0", 8192)));
    assert_false(is_origin("https", repeat_text("a,", 4096), ""));
    assert_false(
        cors_origin_parse(exact_copy(repeat_text(":", 8192)), &origin));
    assert_false(
        cors_origin_parse(exact_copy(repeat_text("https://a.example,", 4096)),
                          &origin));
    assert_false(
        cors_origin_parse(exact_copy(repeat_text("null", 2)), &origin));
    assert_false(cors_origin_parse(exact_bytes("\0", 1), &origin));
    assert_false(cors_origin_parse(exact_bytes("https://a\0", 10), &origin));
    assert_false(
        cors_origin_parse(exact_bytes("https://a\0.example", 18), &origin));
    assert_false(cors_origin_parse(exact_bytes("null\0", 5), &origin));
    assert_false(cors_origin_parse(exact_bytes("nul\0", 4), &origin));
    assert_false(cors_origin_parse(exact_bytes("https://a:8\0", 12), &origin));
}

static void truncated_origins_stay_in_bounds(void **state)
{
    static const char text[] = "https://[2001:db8::1]:8443";
    cors_origin_t origin;
    size_t len;

    (void)state;
    for (len = 0; len < sizeof(text); len++) {
        bool whole =
            len == strlen("https://[2001:db8::1]")
            || (len > strlen("https://[2001:db8::1]:") && len < sizeof(text));

        same_number(apr_pstrndup(pool, text, len),
                    cors_origin_parse(exact_bytes(text, len), &origin), whole);
    }
}

static void port_is_1_to_65535_without_leading_zeros(void **state)
{
    static const struct {
        const char *digits;
        unsigned port;
    } rows[] = {
        { "1", 1 },         { "0", 0 },      { "", 0 },
        { "9", 9 },         { "80", 80 },    { "080", 0 },
        { "65535", 65535 }, { "65536", 0 },  { "99999", 0 },
        { "10000", 10000 }, { "100000", 0 }, { "4294967377", 0 },
        { "8/", 0 },        { "8:", 0 },     { "/8", 0 },
        { ":8", 0 },        { "*", 0 },      { " 8", 0 },
        { "8 ", 0 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_number(rows[i].digits, cors_port_parse(exact_copy(rows[i].digits)),
                    rows[i].port);
    }
}

static void default_port_may_be_omitted(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool same;
    } rows[] = {
        { "https://a.example", "https://a.example", true },
        { "https://a.example", "https://a.example:443", true },
        { "https://a.example:443", "https://a.example:443", true },
        { "http://a.example:80", "http://a.example", true },
        { "https://a.example", "https://a.example:80", false },
        { "http://a.example", "https://a.example", false },
        { "http://a.example:443", "https://a.example", false },
        { "https://a.example", "https://b.example", false },
        { "https://a.example", "https://a.example.", false },
        { "https://a.example:81", "https://a.example:82", false },
        { "https://a.example:81", "https://a.example:81", true },
        { "app://a", "app://a", true },
        { "app://a", "app://a:80", false },
        { "null", "null", false },
        { "null", "https://a.example", false },
        { "https://a.example", "null", false },
        { "file://", "file://", true },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        cors_origin_t a;
        cors_origin_t b;

        assert_true(cors_origin_parse(exact_copy(rows[i].a), &a));
        assert_true(cors_origin_parse(exact_copy(rows[i].b), &b));
        same_number(apr_pstrcat(pool, rows[i].a, " ", rows[i].b, NULL),
                    cors_origin_same(&a, &b), rows[i].same);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(origin_is_scheme_host_and_optional_port),
        TEST(opaque_origin_is_null_in_lower_case),
        TEST(malformed_origins_are_rejected),
        TEST(each_byte_is_checked_in_each_part),
        TEST(parts_have_maximum_lengths),
        TEST(hostile_origins_are_rejected_at_any_length),
        TEST(truncated_origins_stay_in_bounds),
        TEST(port_is_1_to_65535_without_leading_zeros),
        TEST(default_port_may_be_omitted),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
