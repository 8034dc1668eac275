/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Public suffixes and punycode. */

#include "unit.h"

#include "core/base/suffix.h"

static void public_suffixes(void **state)
{
    static const struct {
        const char *host;
        bool is_public;
    } rows[] = {
        { "com", true },
        { "example.com", false },
        { "co.uk", true },
        { "example.co.uk", false },
        { "uk", true },
        /* from the private section of the list */
        { "github.io", true },
        { "user.github.io", false },
        /* with a final dot: browsers send it and treat it as another host */
        { "github.io.", true },
        { "user.github.io.", false },
        { ".", false },
        { "io", true },
        { "herokuapp.com", true },
        { "app.herokuapp.com", false },
        /* a wildcard rule and its exception */
        { "ck", true },
        { "anything.ck", true },
        { "shop.anything.ck", false },
        { "www.ck", false },
        { "city.kawasaki.jp", false },
        { "other.kawasaki.jp", true },
        /* an internationalized domain */
        { "xn--p1ai", true },
        { "xn--e1afmkfd.xn--p1ai", false },
        /* the default rule: a top-level label that is not listed */
        { "corp", true },
        { "corp.", true },
        { "intranet.corp", false },
        { "example", true },
        { "localhost", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_number(rows[i].host,
                    cors_suffix_is_public(pool, exact_copy(rows[i].host)),
                    rows[i].is_public);
    }
}

/* Only checks that name is below host, not that it is a public suffix: libpsl may
 * have an older list than the one that the module was built with. */
static void assert_below(const char *name, const char *host)
{
    assert_true(strlen(name) > strlen(host) + 1);
    name += strlen(name) - strlen(host) - 1;
    assert_int_equal(name[0], '.');
    assert_string_equal(name + 1, host);
}

static void public_suffix_below_a_domain(void **state)
{
    static const struct {
        const char *host;
        bool shared;
        const char *below; /* a public suffix below it */
        bool stranger;
    } rows[] = {
        { "amazonaws.com", true, "s3.amazonaws.com", true },
        { "mazonaws.com", false, NULL, false },
        { "x.amazonaws.com", false, NULL, false },
        { "example.com", false, NULL, false },
        { "github.io", true, NULL, false },
        { "com", true, NULL, false },
        { "localhost", false, NULL, false },
        { "z", true, NULL, false },
        { "", false, NULL, false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        bool found = false;
        const char *below;
        const char *stranger =
            cors_suffix_stranger(pool, exact_copy(rows[i].host));
        int number = 0;

        same_number(rows[i].host,
                    cors_suffix_is_shared(pool, exact_copy(rows[i].host)),
                    rows[i].shared);
        while ((below = cors_suffix_below(pool, rows[i].host, &number))
               != NULL) {
            found =
                found || (rows[i].below && strcmp(below, rows[i].below) == 0);
            assert_below(below, rows[i].host);
        }
        same_number(rows[i].host, found, rows[i].below != NULL);
        same_number(rows[i].host, stranger != NULL, rows[i].stranger);
        if (stranger) {
            assert_below(stranger, rows[i].host);
        }
    }
}

static void names_have_the_punycode_of_browsers(void **state)
{
    static const char *const rows[][2] = {
        { "b\xc3\xbc"
          "cher.example",
          "xn--bcher-kva.example" },
        { "B\xc3\x9c"
          "CHER.Example",
          "xn--bcher-kva.example" },
        /* no transitional processing: sharp s is kept */
        { "stra\xc3\x9f"
          "e.example",
          "xn--strae-oqa.example" },
        { "\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88",
          "xn--r8jz45g.xn--zckzah" },
        { "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84",
          "xn--e1afmkfd.xn--p1ai" },
        { "plain.example", "plain.example" },
        /* invalid UTF-8 */
        { "b\xfc"
          "cher.example",
          NULL },
        { "\xc3", NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_text(rows[i][0],
                  cors_suffix_punycode(pool, exact_copy(rows[i][0])),
                  rows[i][1]);
    }
}

static void punycode_labels_are_decoded(void **state)
{
    static const struct {
        const char *host;
        bool valid;
    } rows[] = {
        { "xn--bcher-kva", true },
        { "xn--bcher-kva.example", true },
        { "xn--p1ai", true },
        /* browsers accept symbols */
        { "xn--ls8h", true },
        { "plain", true },
        { "xn--0", false },
        { "xn--99999999", false },
        { "xn--\x7f", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        same_number(rows[i].host,
                    cors_suffix_punycode_valid(pool, exact_copy(rows[i].host)),
                    rows[i].valid);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(public_suffixes),
        TEST(public_suffix_below_a_domain),
        TEST(names_have_the_punycode_of_browsers),
        TEST(punycode_labels_are_decoded),
    };

    return run_all_tests(tests, COUNT(tests), NULL, 0);
}
