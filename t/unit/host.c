/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Hosts are accepted in the form that browsers send. */

#include "unit.h"

#include "core/base/host.h"

typedef struct {
    const char *host;
    cors_problem_e problem;
    const char *suggestion;
} row_t;

static void check_host(const char *host, cors_problem_e problem,
                       const char *suggestion)
{
    const char *corrected = "left over";

    same_text(host,
              cors_problem_id(
                  cors_host_check(pool, exact_copy(host), &corrected)),
              cors_problem_id(problem));
    if (problem) {
        same_text(host, corrected, suggestion);
    }
}

static void check_host_rows(const row_t *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        check_host(rows[i].host, rows[i].problem, rows[i].suggestion);
    }
}

static void host_has_lower_case_digits_hyphens_underscores(void **state)
{
    static const row_t rows[] = {
        { "", CORS_PROBLEM_ORIGIN_HOST_MISSING, NULL },
        { "example.com", CORS_OK, NULL },
        { "localhost", CORS_OK, NULL },
        { "a", CORS_OK, NULL },
        { "z", CORS_OK, NULL },
        { "0a", CORS_OK, NULL },
        { "9.a", CORS_OK, NULL },
        { "a-b_c.d", CORS_OK, NULL },
        { "-a.example", CORS_OK, NULL },
        { "Example.COM", CORS_PROBLEM_ORIGIN_HOST_CASE, "example.com" },
        { "A", CORS_PROBLEM_ORIGIN_HOST_CASE, "a" },
        { "aZ", CORS_PROBLEM_ORIGIN_HOST_CASE, "az" },
        { "A@", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
        { "A.*.b", CORS_PROBLEM_WILDCARD_PLACE, NULL },
        { "a.*.b", CORS_PROBLEM_WILDCARD_PLACE, NULL },
        { "*a", CORS_PROBLEM_WILDCARD_PLACE, NULL },
        { "a!b*", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
        { "a b", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
        { "a,b", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
        { "a/b", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
        { "a%41", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
        { "a\x7f", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
        { "a\x01", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
        { "a]", CORS_PROBLEM_ORIGIN_HOST_BAD, NULL },
    };

    (void)state;
    check_host_rows(rows, COUNT(rows));
}

static void unicode_host_suggests_punycode(void **state)
{
    static const row_t rows[] = {
        { "b\xc3\xbc"
          "cher.example",
          CORS_PROBLEM_ORIGIN_HOST_UNICODE, "xn--bcher-kva.example" },
        { "B\xc3\x9c"
          "CHER.example",
          CORS_PROBLEM_ORIGIN_HOST_UNICODE, "xn--bcher-kva.example" },
        { "a*\xc3\xbc", CORS_PROBLEM_ORIGIN_HOST_UNICODE, NULL },
        { "a\x80", CORS_PROBLEM_ORIGIN_HOST_UNICODE, NULL },
        { "\xff", CORS_PROBLEM_ORIGIN_HOST_UNICODE, NULL },
        { "xn--bcher-kva.example", CORS_OK, NULL },
        { "a.xn--bcher-kva", CORS_OK, NULL },
        { "xn--0.example", CORS_PROBLEM_ORIGIN_PUNYCODE_BAD, NULL },
        { "example.xn--0", CORS_PROBLEM_ORIGIN_PUNYCODE_BAD, NULL },
        { "axn--0.example", CORS_OK, NULL },
        { "xn-0.example", CORS_OK, NULL },
    };

    (void)state;
    check_host_rows(rows, COUNT(rows));
}

static void label_has_63_bytes_and_host_253(void **state)
{
    const char *l63 = repeat_text("a", 63);
    const char *l61 = repeat_text("a", 61);
    /* 3 * 64 + 61 = 253 */
    const char *h253 =
        apr_pstrcat(pool, l63, ".", l63, ".", l63, ".", l61, NULL);
    const char *h254 = apr_pstrcat(pool, h253, "a", NULL);

    (void)state;
    assert_int_equal(strlen(h253), 253);
    check_host(l63, CORS_OK, NULL);
    check_host(apr_pstrcat(pool, l63, "a", NULL),
               CORS_PROBLEM_ORIGIN_LABEL_LONG, NULL);
    check_host(apr_pstrcat(pool, l63, ".b", NULL), CORS_OK, NULL);
    check_host(apr_pstrcat(pool, l63, "a.b", NULL),
               CORS_PROBLEM_ORIGIN_LABEL_LONG, NULL);
    check_host(apr_pstrcat(pool, "b.", l63, "a", NULL),
               CORS_PROBLEM_ORIGIN_LABEL_LONG, NULL);
    check_host(h253, CORS_OK, NULL);
    check_host(h254, CORS_PROBLEM_ORIGIN_HOST_LONG, NULL);
    check_host(apr_pstrcat(pool, h253, ".", NULL), CORS_OK, NULL);
    check_host(apr_pstrcat(pool, h254, ".", NULL),
               CORS_PROBLEM_ORIGIN_HOST_LONG, NULL);
    check_host(apr_pstrcat(pool, repeat_text("a.", 10000), "b", NULL),
               CORS_PROBLEM_ORIGIN_HOST_LONG, NULL);
}

static void one_final_dot_is_allowed(void **state)
{
    static const row_t rows[] = {
        { "a.", CORS_OK, NULL },
        { "a.b.", CORS_OK, NULL },
        { ".", CORS_PROBLEM_ORIGIN_LABEL_EMPTY, NULL },
        { "..", CORS_PROBLEM_ORIGIN_LABEL_EMPTY, NULL },
        { "a..", CORS_PROBLEM_ORIGIN_LABEL_EMPTY, NULL },
        { ".a", CORS_PROBLEM_ORIGIN_LABEL_EMPTY, NULL },
        { "a..b", CORS_PROBLEM_ORIGIN_LABEL_EMPTY, NULL },
    };

    (void)state;
    check_host_rows(rows, COUNT(rows));
}

static void ipv4_address_is_four_decimal_numbers(void **state)
{
#define BAD CORS_PROBLEM_ORIGIN_IPV4_BAD
    static const row_t rows[] = {
        { "127.0.0.1", CORS_OK, NULL },
        { "0.0.0.0", CORS_OK, NULL },
        { "255.255.255.255", CORS_OK, NULL },
        { "10.20.30.40", CORS_OK, NULL },
        { "256.0.0.1", BAD, NULL },
        { "1.256.0.1", BAD, NULL },
        { "1.2.256.1", BAD, NULL },
        { "1.2.3.256", BAD, NULL },
        { "1.2.3.4.5", BAD, NULL },
        { "1.2.3.", BAD, "1.2.0.3" },
        { "1.2.3.4.", BAD, "1.2.3.4" },
        { "127.1", BAD, "127.0.0.1" },
        { "127.0.1", BAD, "127.0.0.1" },
        { "1.2.65535", BAD, "1.2.255.255" },
        { "1.2.65536", BAD, NULL },
        { "1.16777215", BAD, "1.255.255.255" },
        { "1.16777216", BAD, NULL },
        { "4294967295", BAD, "255.255.255.255" },
        { "4294967296", BAD, NULL },
        { "42949672950", BAD, NULL },
        { "18446744073709551617", BAD, NULL },
        { "0", BAD, "0.0.0.0" },
        { "1", BAD, "0.0.0.1" },
        { "0x7f.1", BAD, "127.0.0.1" },
        { "0X7F.0.0.1", CORS_PROBLEM_ORIGIN_HOST_CASE, "0x7f.0.0.1" },
        { "0x", BAD, "0.0.0.0" },
        { "0xffffffff", BAD, "255.255.255.255" },
        { "0x100000000", BAD, NULL },
        { "0xabcdef01", BAD, "171.205.239.1" },
        { "0xag.1", BAD, NULL },
        { "0177.0.0.01", BAD, "127.0.0.1" },
        { "00.0.0.0", BAD, "0.0.0.0" },
        { "08.0.0.1", BAD, NULL },
        { "07.0.0.1", BAD, "7.0.0.1" },
        { "1.2.3.09", BAD, NULL },
        { "1.2.3.0377", BAD, "1.2.3.255" },
        { "1.2.3.0400", BAD, NULL },
        { "037777777777", BAD, "255.255.255.255" },
        { "040000000000", BAD, NULL },
        { "1..2", BAD, NULL },
        { ".1", BAD, NULL },
        { "1..", CORS_PROBLEM_ORIGIN_LABEL_EMPTY, NULL },
        { "a.1", BAD, NULL },
        { "a.b.c.0x1", BAD, NULL },
        { "example.1", BAD, NULL },
        { "1.example", CORS_OK, NULL },
        { "1.2.3.4a", CORS_OK, NULL },
        { "1.2.3.0xg", CORS_OK, NULL },
    };
#undef BAD

    (void)state;
    check_host_rows(rows, COUNT(rows));
}

static void ipv6_address_is_shortest_form_in_brackets(void **state)
{
#define BAD CORS_PROBLEM_ORIGIN_IPV6_BAD
#define FORM CORS_PROBLEM_ORIGIN_IPV6_FORM
#define ZONE CORS_PROBLEM_ORIGIN_IPV6_ZONE
    static const row_t rows[] = {
        { "[::1]", CORS_OK, NULL },
        { "[::]", CORS_OK, NULL },
        { "[1::]", CORS_OK, NULL },
        { "[2001:db8::af]", CORS_OK, NULL },
        { "[1:2:3:4:5:6:7:8]", CORS_OK, NULL },
        { "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]", CORS_OK, NULL },
        /* "::" replaces the first of the longest runs, never a single zero */
        { "[1:0:3:4:5:6:7:8]", CORS_OK, NULL },
        { "[1::3:4:5:6:7:8]", FORM, "[1:0:3:4:5:6:7:8]" },
        { "[0:2:3:4:5:6:7:8]", CORS_OK, NULL },
        { "[::2:3:4:5:6:7:8]", FORM, "[0:2:3:4:5:6:7:8]" },
        { "[1:2:3:4:5:6:7::]", FORM, "[1:2:3:4:5:6:7:0]" },
        { "[1::4:5:6:7:8]", CORS_OK, NULL },
        { "[::3:4:5:6:7:8]", CORS_OK, NULL },
        { "[1:2:3:4:5:6::]", CORS_OK, NULL },
        { "[1::4:0:0:7:8]", CORS_OK, NULL },
        { "[1:0:0:4::7:8]", FORM, "[1::4:0:0:7:8]" },
        { "[1:0:0:4::8]", CORS_OK, NULL },
        { "[1::4:0:0:0:8]", FORM, "[1:0:0:4::8]" },
        { "[0:0:3::7:8]", CORS_OK, NULL },
        { "[::3:0:0:0:7:8]", FORM, "[0:0:3::7:8]" },
        { "[0:0:0:0:0:0:0:1]", FORM, "[::1]" },
        { "[0:0:0:0:0:0:0:0]", FORM, "[::]" },
        { "[::0001]", FORM, "[::1]" },
        { "[2001:DB8::1]", FORM, "[2001:db8::1]" },
        { "[::ffff:127.0.0.1]", FORM, "[::ffff:7f00:1]" },
        { "[::ffff:7f00:1]", CORS_OK, NULL },
        { "[::1.2.3.4]", FORM, "[::102:304]" },
        { "::1", BAD, "[::1]" },
        { "[::1", BAD, "[::1]" },
        { "::1]", BAD, "[::1]" },
        /* the last group may be meant as a port if the rest is an address */
        { "::1:3000", BAD, NULL },
        { "::1:3000]", BAD, NULL },
        { "2001:db8::1:1", BAD, NULL },
        { "::1:0", BAD, "[::1:0]" },
        { "::1:0300", BAD, "[::1:300]" },
        { "::1:3f", BAD, "[::1:3f]" },
        { "::3000", BAD, "[::3000]" },
        { "1:2:3:4:5:6:7:3000", BAD, "[1:2:3:4:5:6:7:3000]" },
        { "[::1:3000", BAD, "[::1:3000]" },
        { "2001:DB8::1", BAD, "[2001:db8::1]" },
        { "[", BAD, NULL },
        { "[]", BAD, NULL },
        { "[:]", BAD, NULL },
        { ":", BAD, NULL },
        { "[:::]", BAD, NULL },
        { "[1::2::3]", BAD, NULL },
        { "[1:2:3:4:5:6:7]", BAD, NULL },
        { "[1:2:3:4:5:6:7:8:9]", BAD, NULL },
        { "[12345::]", BAD, NULL },
        { "[g::]", BAD, NULL },
        { "[127.0.0.1]", BAD, NULL },
        { "[::1]x", BAD, NULL },
        { "[[::1]]", BAD, NULL },
        { "[example.com]", BAD, NULL },
        { "a:b", BAD, NULL },
        { "[fe80::1%25eth0]", ZONE, "[fe80::1]" },
        { "[fe80::1%eth0]", ZONE, "[fe80::1]" },
        { "fe80::1%eth0", ZONE, "[fe80::1]" },
        { "[%]", ZONE, NULL },
    };
#undef BAD
#undef FORM
#undef ZONE

    (void)state;
    check_host_rows(rows, COUNT(rows));
}

static void nul_byte_is_rejected(void **state)
{
    const char *suggestion;

    (void)state;
    assert_int_equal(cors_host_check(pool, exact_bytes("a\0b", 3), &suggestion),
                     CORS_PROBLEM_ORIGIN_HOST_BAD);
    assert_int_equal(cors_host_check(pool, exact_bytes("[::1\0]", 6),
                                     &suggestion),
                     CORS_PROBLEM_ORIGIN_IPV6_FORM);
    assert_int_equal(cors_host_check(pool, exact_bytes("127.0.0.1\0", 10),
                                     &suggestion),
                     CORS_PROBLEM_ORIGIN_HOST_BAD);
}

static void host_ending_in_a_number_is_an_address(void **state)
{
    static const struct {
        const char *host;
        bool number;
    } rows[] = {
        { "1", true },      { "a.1", true },     { "a.1.", true },
        { "a.09", true },   { "a.0x", true },    { "a.0X1f", true },
        { "a.0xf.", true }, { "a.0xg", false },  { "a.1a", false },
        { "a.a1", false },  { "1.a", false },    { "", false },
        { ".", false },     { "..", false },     { "1..", false },
        { "a.x1", false },  { "a.1x1", false },  { "a.0", true },
        { "a.9", true },    { "a./", false },    { "a.:", false },
        { "xn--1", false }, { "a.0x1g", false }, { "localhost", false },
        { "0xf", true },    { "fx0", false },    { "a.2x1", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_number(rows[i].host,
                    cors_host_ends_in_number(exact_copy(rows[i].host)),
                    rows[i].number);
    }
}

static void loopback_hosts_of_secure_contexts(void **state)
{
    static const struct {
        const char *host;
        bool loopback;
    } rows[] = {
        { "localhost", true },
        { "localhost.", true },
        { "localhost..", false },
        { ".", false },
        { "app.localhost", true },
        { "a.b.localhost", true },
        { "localhosts", false },
        { "alocalhost", false },
        { "ocalhost", false },
        { "xlocalhost.example", false },
        { "localhost.example", false },
        { "127.0.0.1", true },
        { "127.255.255.254", true },
        { "127.example", false },
        { "127.localhost", true },
        { "127.0.0.1.example", false },
        { "128.0.0.1", false },
        { "12.0.0.1", false },
        { "1270.0.0.1", false },
        { "[::1]", true },
        { "[::2]", false },
        { "[::11]", false },
        { "[2001:db8::1]", false },
        { "example.com", false },
        { "a", false },
        { "", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_number(rows[i].host,
                    cors_host_is_loopback(exact_copy(rows[i].host)),
                    rows[i].loopback);
    }
}

static void addresses_are_not_names(void **state)
{
    static const struct {
        const char *host;
        bool address;
    } rows[] = {
        { "127.0.0.1", true },
        { "192.0.2.255", true },
        { "192.0.2.256", false },
        { "192.0.2", false },
        { "192.0.2.1.", false },
        { "192.0.2.1.example", false },
        { "0x7f.0.0.1", false },
        { "2130706433", false },
        { "::1", true },
        { "[::1]", true },
        { "[::1", false },
        { "::1]", false },
        { "[]", false },
        { "2001:db8::1", true },
        { "2001:db8::g", false },
        { "0000:0000:0000:0000:0000:ffff:192.168.100.228", true },
        { "0000:0000:0000:0000:0000:ffff:192.168.100.2288", false },
        { "fe80::1%eth0", false },
        { "localhost", false },
        { "example.com", false },
        { "a", false },
        { "", false },
    };
    const cors_slice_t with_nul = { "127.0.0.1\0.example", 18 };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_number(rows[i].host,
                    cors_host_is_address(exact_copy(rows[i].host)),
                    rows[i].address);
    }
    assert_false(cors_host_is_address(with_nul));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(host_has_lower_case_digits_hyphens_underscores),
        TEST(unicode_host_suggests_punycode),
        TEST(label_has_63_bytes_and_host_253),
        TEST(one_final_dot_is_allowed),
        TEST(ipv4_address_is_four_decimal_numbers),
        TEST(ipv6_address_is_shortest_form_in_brackets),
        TEST(nul_byte_is_rejected),
        TEST(host_ending_in_a_number_is_an_address),
        TEST(loopback_hosts_of_secure_contexts),
        TEST(addresses_are_not_names),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
