/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The table of origins, compared with a loop over all patterns, and hostile blocks of
 * shared memory. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "core/origin/origin_table.h"

#define PATTERNS 400

static apr_pool_t *pool;
static uint32_t seed = 1;
static bool no_random; /* the system has no random bytes */

/* Replaces APR's function. */
apr_status_t apr_generate_random_bytes(unsigned char *bytes, apr_size_t length)
{
    FILE *random;
    size_t got;

    if (no_random) {
        return APR_EGENERAL;
    }
    random = fopen("/dev/urandom", "rb");
    assert_non_null(random);
    got = fread(bytes, 1, length, random);
    fclose(random);
    return got == length ? APR_SUCCESS : APR_EGENERAL;
}

static unsigned random_below(unsigned below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % below;
}

/* One of few names, so that many look-ups succeed. */
static const char *random_host(void)
{
    static const char *const labels[] = { "a", "b", "www",
                                          "a-label-as-long-as-a-whole-name-is",
                                          "x-1" };
    const char *name = random_below(2) ? "org" : "example.com";
    unsigned count = random_below(4);

    while (count-- > 0) {
        name = apr_pstrcat(pool, labels[random_below(5)], ".", name, NULL);
    }
    return name;
}

static const char *random_entry(bool pattern)
{
    static const char *const schemes[] = { "https://", "http://", "app://" };
    static const char *const ports[] = { "", "", ":81", ":8080", ":65535" };
    const char *port =
        pattern && random_below(4) == 0 ? ":*" : ports[random_below(5)];

    if (random_below(8) == 0) {
        return apr_pstrcat(pool, "moz-extension://",
                           pattern ? "*" : random_host(), pattern ? "" : port,
                           NULL);
    }
    return apr_pstrcat(pool, schemes[random_below(3)],
                       pattern && random_below(3) == 0 ? "*." : "",
                       random_host(), port, NULL);
}

/* Whether a pattern matches an origin, in simple code. */
static bool pattern_covers(const cors_pattern_t *pattern,
                           const cors_origin_t *origin)
{
    cors_slice_t tail = origin->host;

    if (!cors_slice_equal(pattern->scheme, origin->scheme)
        || (!pattern->any_port && pattern->port != origin->port)) {
        return false;
    }
    if (pattern->any_host) {
        return origin->host.len > 0 && origin->host.ptr[0] != '[';
    }
    if (!pattern->subdomains) {
        return cors_slice_equal(pattern->host, origin->host);
    }
    if (tail.len < pattern->host.len + 2) {
        return false;
    }
    tail.ptr += tail.len - pattern->host.len;
    tail.len = pattern->host.len;
    return tail.ptr[-1] == '.' && cors_slice_equal(tail, pattern->host);
}

static cors_listing_e expected_listing(const cors_pattern_t *patterns,
                                       int count, const cors_origin_t *origin)
{
    cors_listing_e listing = CORS_ORIGIN_UNLISTED;
    int i;

    for (i = 0; i < count; i++) {
        if (pattern_covers(&patterns[i], origin)) {
            if (patterns[i].exclude) {
                return CORS_ORIGIN_EXCLUDED;
            }
            listing = CORS_ORIGIN_LISTED;
        }
    }
    return listing;
}

/* The patterns of a list, and the matches for an origin visited so far. */
typedef struct {
    const cors_pattern_t *patterns;
    int count;
    const cors_origin_t *origin;
    int visits;
    int rank; /* of the last visit; must rise, see the header */
} visits_t;

static bool is_match_of(const cors_origin_match_t *match,
                        const cors_pattern_t *pattern)
{
    return match->any_port == pattern->any_port
           && match->any_host == pattern->any_host
           && (match->domain.ptr != NULL) == pattern->subdomains
           && (!pattern->subdomains
               || cors_slice_equal(match->domain, pattern->host));
}

static void check_visit(void *context, const cors_origin_match_t *match)
{
    visits_t *visits = context;
    int rank = (match->domain.ptr ? 2 + 2 * (int)match->domain.len : 0)
               + match->any_port + (match->any_host ? 1000 : 0);
    bool listed = false;
    bool excluded = false;
    int i;

    for (i = 0; i < visits->count; i++) {
        const cors_pattern_t *pattern = &visits->patterns[i];

        if (pattern_covers(pattern, visits->origin)
            && is_match_of(match, pattern)) {
            listed = listed || !pattern->exclude;
            excluded = excluded || pattern->exclude;
        }
    }
    assert_true(listed == match->listed && excluded == match->excluded);
    assert_true(listed || excluded);
    assert_true(visits->visits == 0 || rank > visits->rank);
    visits->rank = rank;
    visits->visits++;
}

/* Each distinct matching pattern is visited once, in order. */
static void check_matches(const cors_origin_table_t *table,
                          const cors_pattern_t *patterns, int count,
                          const cors_origin_t *origin)
{
    visits_t visits = { patterns, count, origin, 0, 0 };
    int distinct = 0;
    int i;
    int k;

    for (i = 0; i < count; i++) {
        if (pattern_covers(&patterns[i], origin)) {
            for (k = 0;
                 k < i
                 && !(pattern_covers(&patterns[k], origin)
                      && patterns[k].any_port == patterns[i].any_port
                      && patterns[k].any_host == patterns[i].any_host
                      && patterns[k].subdomains == patterns[i].subdomains
                      && cors_slice_equal(patterns[k].host, patterns[i].host));
                 k++) {
            }
            distinct += k == i;
        }
    }
    cors_origin_table_matches(table, origin, check_visit, &visits);
    assert_int_equal(visits.visits, distinct);
}

static void check_lookup(const cors_origin_table_t *table, const void *block,
                         const cors_pattern_t *patterns, int count,
                         const char *text)
{
    /* on the heap and without a NUL, so that ASan sees a read beyond it */
    size_t len = strlen(text);
    char *copy = malloc(len);
    cors_slice_t slice = { copy, len };
    cors_origin_t origin;

    memcpy(copy, text, len);
    if (cors_origin_parse(slice, &origin) && !origin.null) {
        cors_listing_e listing = expected_listing(patterns, count, &origin);

        if (cors_origin_table_lookup(table, &origin) != listing
            || cors_origin_block_lookup(block, cors_origin_table_size(table),
                                        &origin, NULL)
                   != listing) {
            fail_msg("%s: not %d", text, (int)listing);
        }
        check_matches(table, patterns, count, &origin);
    }
    free(copy);
}

static void compare_random_lists(int rounds)
{
    int round;

    for (round = 0; round < rounds; round++) {
        cors_origin_table_t *table =
            cors_origin_table_make(pool, random_below(2) ? PATTERNS : 0,
                                   random_below(2) ? 12000 : 0);
        cors_pattern_t patterns[PATTERNS];
        int count = (int)random_below(PATTERNS);
        const char *suggestion;
        void *block;
        int i;

        for (i = 0; i < count; i++) {
            const char *text = random_entry(true);

            assert_int_equal(cors_pattern_parse(pool, cors_slice(text), false,
                                                &patterns[i], &suggestion),
                             CORS_OK);
            patterns[i].exclude = random_below(10) == 0;
            assert_true(cors_origin_table_add(table, &patterns[i],
                                              patterns[i].exclude));
        }
        block = malloc(cors_origin_table_size(table));
        cors_origin_table_save(table, block);
        for (i = 0; i < 2000; i++) {
            check_lookup(table, block, patterns, count, random_entry(false));
        }
        check_lookup(table, block, patterns, count, "https://.example.com");
        check_lookup(table, block, patterns, count, "https://a..example.com");
        check_lookup(table, block, patterns, count, "https://a.example.com.");
        check_lookup(table, block, patterns, count, "file://");
        check_lookup(table, block, patterns, count, "https://[::1]:81");
        check_lookup(table, block, patterns, count, "moz-extension://[::1]");
        check_lookup(table, block, patterns, count, "moz-extension://*");
        free(block);
        apr_pool_clear(pool);
    }
}

static void table_agrees_with_each_pattern(void **state)
{
    (void)state;
    compare_random_lists(60);
}

static void table_agrees_without_random_keys(void **state)
{
    (void)state;
    no_random = true;
    compare_random_lists(5);
    no_random = false;
}

static void too_long_patterns_are_not_added(void **state)
{
    cors_origin_table_t *table = cors_origin_table_make(pool, 0, 0);
    char text[CORS_HOST_MAX + 2];
    cors_pattern_t pattern;

    (void)state;
    memset(text, 'a', sizeof(text));
    memset(&pattern, 0, sizeof(pattern));
    pattern.kind = CORS_PATTERN_ORIGIN;
    pattern.origin = pattern.scheme = pattern.host = cors_slice("a");
    pattern.host.ptr = text;
    pattern.host.len = CORS_HOST_MAX + 1;
    assert_false(cors_origin_table_add(table, &pattern, false));
    pattern.host.len = 1;
    pattern.scheme.ptr = text;
    pattern.scheme.len = CORS_SCHEME_MAX + 1;
    assert_false(cors_origin_table_add(table, &pattern, false));
    assert_int_equal(cors_origin_table_listed(table), 0);
}

/* The tenants of random rows, and keys of requests that no row has. */
static const char *const tenants[] = { "", "shop", "Shop", "shop.example",
                                       "b\xc3\xbc-cher" };
static const char *const keys[] = {
    "SHOP", "sho", "shop ", "https://a.org", "*", "shop\nshop.example"
};

#define TENANTS (sizeof(tenants) / sizeof(tenants[0]))
#define KEYS (sizeof(keys) / sizeof(keys[0]))
#define ROWS 60

typedef struct {
    cors_pattern_t pattern;
    const char *tenant; /* "": none */
} row_t;

/* The second opinion: the rows that count for a key, one by one. NULL: no key. */
static cors_listing_e listing_of_rows(const row_t *rows, int count,
                                      const cors_origin_t *origin,
                                      const char *key)
{
    cors_pattern_t patterns[ROWS];
    int used = 0;
    int i;

    for (i = 0; i < count; i++) {
        const bool has_tenant = rows[i].tenant[0] != '\0';
        const bool counts =
            key ? (has_tenant && strcmp(key, rows[i].tenant) == 0)
                      || (!has_tenant && rows[i].pattern.exclude)
                : !has_tenant;

        if (counts) {
            patterns[used++] = rows[i].pattern;
        }
    }
    return expected_listing(patterns, used, origin);
}

static void check_key(const cors_origin_table_t *table, const void *block,
                      const row_t *rows, int count, const char *text,
                      const char *key)
{
    cors_origin_t origin;
    cors_slice_t exact = { NULL, key ? strlen(key) : 0 };
    char *copy = malloc(exact.len + 1);
    cors_listing_e listing;

    exact.ptr = key && exact.len > 0 ? memcpy(copy, key, exact.len) : NULL;
    if (cors_origin_parse(cors_slice(text), &origin) && !origin.null) {
        listing = listing_of_rows(rows, count, &origin, key);
        if (cors_origin_table_lookup_for(table, &origin, key ? &exact : NULL)
                != listing
            || cors_origin_block_lookup(block, cors_origin_table_size(table),
                                        &origin, key ? &exact : NULL)
                   != listing) {
            fail_msg("%s for '%s': not %d", text, key ? key : "(no key)",
                     (int)listing);
        }
    }
    free(copy);
}

static void tenants_agree_with_each_row(void **state)
{
    int round;

    (void)state;
    for (round = 0; round < 150; round++) {
        cors_origin_table_t *table = cors_origin_table_make(pool, 0, 0);
        row_t rows[ROWS];
        int count = (int)random_below(ROWS);
        const unsigned excluded = random_below(2) ? 10 : 1000;
        void *block;
        int i;

        for (i = 0; i < count; i++) {
            const char *unused;

            assert_int_equal(cors_pattern_parse(pool,
                                                cors_slice(random_entry(true)),
                                                false, &rows[i].pattern,
                                                &unused),
                             CORS_OK);
            rows[i].pattern.exclude = random_below(excluded) == 0;
            rows[i].tenant = tenants[random_below(TENANTS)];
            assert_true(cors_origin_table_add_for(table, &rows[i].pattern,
                                                  rows[i].pattern.exclude,
                                                  cors_slice(rows[i].tenant)));
        }
        assert_true(cors_origin_table_tenants(table) < TENANTS);
        block = malloc(cors_origin_table_size(table));
        cors_origin_table_save(table, block);
        for (i = 0; i < 1000; i++) {
            const unsigned key = random_below(TENANTS + KEYS + 1);

            check_key(table, block, rows, count, random_entry(false),
                      key < TENANTS          ? tenants[key]
                      : key < TENANTS + KEYS ? keys[key - TENANTS]
                                             : NULL);
        }
        free(block);
        apr_pool_clear(pool);
    }
}

static void hostile_tenants_have_no_entry(void **state)
{
    cors_origin_table_t *table = cors_origin_table_make(pool, 0, 0);
    static const char nul[] = "shop\0evil";
    char longest[8192];
    cors_slice_t keys_tried[] = { { NULL, 0 },          { "", 0 },
                                  { nul, sizeof(nul) }, { nul, 5 },
                                  { longest, 8192 },    { longest, 256 },
                                  { longest, 254 },     { "Shop", 4 } };
    cors_slice_t tenant = { longest, CORS_TENANT_MAX };
    cors_pattern_t pattern;
    cors_origin_t origin;
    const char *unused;
    apr_size_t i;

    (void)state;
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(cors_pattern_parse(pool, cors_slice("https://a.example"),
                                        false, &pattern, &unused),
                     CORS_OK);
    assert_true(cors_origin_parse(pattern.origin, &origin));
    assert_true(
        cors_origin_table_add_for(table, &pattern, false, cors_slice("shop")));
    assert_true(cors_origin_table_add_for(table, &pattern, false, tenant));
    for (i = 0; i < sizeof(keys_tried) / sizeof(keys_tried[0]); i++) {
        assert_int_equal(cors_origin_table_lookup_for(table, &origin,
                                                      &keys_tried[i]),
                         CORS_ORIGIN_UNLISTED);
    }
    assert_int_equal(cors_origin_table_lookup(table, &origin),
                     CORS_ORIGIN_UNLISTED);
    assert_int_equal(cors_origin_table_lookup_for(table, &origin, &tenant),
                     CORS_ORIGIN_LISTED);
    tenant.len++;
    assert_false(cors_origin_table_add_for(table, &pattern, false, tenant));
}

/* A heap copy of exact length; the caller frees it. */
static cors_slice_t heap_copy_of(const char *text)
{
    cors_slice_t slice = { malloc(strlen(text)), strlen(text) };

    assert_non_null(slice.ptr);
    memcpy((char *)(uintptr_t)slice.ptr, text, slice.len);
    return slice;
}

static void add_pattern_text(cors_origin_table_t *table, const char *text)
{
    cors_slice_t word = heap_copy_of(text);
    cors_pattern_t pattern;
    const char *suggestion;

    assert_int_equal(cors_pattern_parse(pool, word, false, &pattern,
                                        &suggestion),
                     CORS_OK);
    assert_true(cors_origin_table_add(table, &pattern, false));
    free((char *)(uintptr_t)word.ptr);
}

/* Look up an origin in a table and in its saved block; both must agree. */
static cors_listing_e look_up_both(const cors_origin_table_t *table,
                                   const char *text)
{
    cors_slice_t copy = heap_copy_of(text);
    apr_size_t size = cors_origin_table_size(table);
    void *block = malloc(size);
    cors_origin_t origin;
    cors_listing_e listing;

    assert_true(cors_origin_parse(copy, &origin));
    cors_origin_table_save(table, block);
    listing = cors_origin_table_lookup(table, &origin);
    assert_int_equal(cors_origin_block_lookup(block, size, &origin, NULL),
                     listing);
    free(block);
    free((char *)(uintptr_t)copy.ptr);
    return listing;
}

static char *repeat_text(const char *unit, size_t count)
{
    char *text = apr_pstrdup(pool, "");

    while (count-- > 0) {
        text = apr_pstrcat(pool, text, unit, NULL);
    }
    return text;
}

static void domains_with_any_number_of_dots_are_found(void **state)
{
    static const size_t labels[] = { 1, 2, 62, 63, 64, 65, 66, 100, 120 };
    cors_origin_table_t *table = cors_origin_table_make(pool, 0, 0);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        /* names that differ in their first label */
        const char *name =
            apr_psprintf(pool, "%s%c.", repeat_text("a.", labels[i]),
                         (char)('b' + (int)i));

        add_pattern_text(table, apr_pstrcat(pool, "https://*.", name, NULL));
        assert_int_equal(look_up_both(table, apr_pstrcat(pool, "https://x.",
                                                         name, NULL)),
                         CORS_ORIGIN_LISTED);
        assert_int_equal(look_up_both(table, apr_pstrcat(pool, "https://", name,
                                                         NULL)),
                         CORS_ORIGIN_UNLISTED);
    }
    /* wildcards on domains of different depths below one domain */
    for (i = 62; i < 70; i++) {
        table = cors_origin_table_make(pool, 0, 0);
        add_pattern_text(table, "https://*.top.example");
        add_pattern_text(table,
                         apr_pstrcat(pool, "http://*.", repeat_text("a.", i),
                                     "top.example", NULL));
        add_pattern_text(table, apr_pstrcat(pool, "http://*.",
                                            repeat_text("a.", i - 2),
                                            "b.top.example", NULL));
        add_pattern_text(table,
                         apr_pstrcat(pool, "app://*.", repeat_text("a.", i + 1),
                                     "top.example", NULL));
        assert_int_equal(look_up_both(table, apr_pstrcat(pool, "http://x.",
                                                         repeat_text("a.", i),
                                                         "top.example", NULL)),
                         CORS_ORIGIN_LISTED);
        assert_int_equal(look_up_both(table,
                                      apr_pstrcat(pool, "app://x.",
                                                  repeat_text("a.", i + 1),
                                                  "top.example", NULL)),
                         CORS_ORIGIN_LISTED);
    }
}

static void wildcards_of_any_length_are_found(void **state)
{
    size_t len;

    (void)state;
    for (len = 1; len < 20; len++) {
        const char *domain = apr_pstrcat(pool, repeat_text("d", len), NULL);
        const char *longer = apr_pstrcat(pool, "d", domain, NULL);
        cors_origin_table_t *table = cors_origin_table_make(pool, 0, 0);

        add_pattern_text(table, apr_pstrcat(pool, "https://*.", domain, NULL));
        assert_int_equal(look_up_both(table, apr_pstrcat(pool, "https://x.",
                                                         domain, NULL)),
                         CORS_ORIGIN_LISTED);
        assert_int_equal(look_up_both(table, apr_pstrcat(pool, "https://x.y.",
                                                         domain, NULL)),
                         CORS_ORIGIN_LISTED);
        assert_int_equal(look_up_both(table, apr_pstrcat(pool, "https://x.",
                                                         longer, NULL)),
                         CORS_ORIGIN_UNLISTED);
        assert_int_equal(look_up_both(table, apr_pstrcat(pool, "https://",
                                                         domain, NULL)),
                         CORS_ORIGIN_UNLISTED);
        assert_int_equal(look_up_both(table, "https://x.y"),
                         CORS_ORIGIN_UNLISTED);
    }
}

static void longest_parts_are_found(void **state)
{
    cors_origin_table_t *table = cors_origin_table_make(pool, 0, 0);
    const char *scheme = repeat_text("s", CORS_SCHEME_MAX);
    const char *text = apr_pstrcat(pool, scheme, "://host", NULL);
    char *host = repeat_text("h", CORS_HOST_MAX);
    cors_pattern_t pattern;

    (void)state;
    add_pattern_text(table, text);
    assert_int_equal(look_up_both(table, text), CORS_ORIGIN_LISTED);
    add_pattern_text(table, "https://*.hhh");
    host[CORS_HOST_MAX - 4] = '.';
    assert_int_equal(look_up_both(table,
                                  apr_pstrcat(pool, "https://", host, NULL)),
                     CORS_ORIGIN_LISTED);
    memset(&pattern, 0, sizeof(pattern));
    pattern.kind = CORS_PATTERN_ORIGIN;
    text = apr_pstrcat(pool, "http://", host, NULL);
    pattern.origin = cors_slice(text);
    pattern.scheme = pattern.origin;
    pattern.scheme.len = 4;
    pattern.host = cors_slice(text + 7);
    assert_true(cors_origin_table_add(table, &pattern, false));
    assert_int_equal(look_up_both(table, text), CORS_ORIGIN_LISTED);
}

/* offsets of the numbers in the head of a block */
#define BITS_AT 8
#define USED_AT 28

static void truncated_or_full_block_lists_nothing(void **state)
{
    static const char text[] = "https://one.example";
    cors_origin_table_t *table = cors_origin_table_make(pool, 1, 0);
    cors_origin_t origin;
    apr_size_t size;
    apr_uint32_t bits;
    apr_uint32_t used;
    apr_uint32_t cut;
    unsigned char *block;
    unsigned char *slots;

    (void)state;
    add_pattern_text(table, text);
    assert_int_equal(look_up_both(table, text), CORS_ORIGIN_LISTED);
    assert_true(cors_origin_parse(cors_slice(text), &origin));
    size = cors_origin_table_size(table);
    for (cut = 4; cut <= 24; cut += 4) {
        /* the entry continues after the used area and after the block */
        unsigned char *whole = malloc(size);

        block = malloc(size - cut);
        cors_origin_table_save(table, whole);
        memcpy(&used, whole + USED_AT, sizeof(used));
        used -= cut;
        memcpy(whole + USED_AT, &used, sizeof(used));
        memcpy(block, whole, size - cut);
        free(whole);
        assert_int_equal(cors_origin_block_lookup(block, size - cut, &origin,
                                                  NULL),
                         CORS_ORIGIN_UNLISTED);
        free(block);
    }
    block = malloc(size);
    cors_origin_table_save(table, block);
    memcpy(&bits, block + BITS_AT, sizeof(bits));
    memcpy(&used, block + USED_AT, sizeof(used));
    slots = block + size - used - ((apr_size_t)8 << bits);
    memset(slots, 0xff, (apr_size_t)8 << bits);
    /* bytes where no entry is */
    memset(block + size - used, 0xff, used);
    assert_int_equal(cors_origin_block_lookup(block, size, &origin, NULL),
                     CORS_ORIGIN_UNLISTED);
    free(block);
}

/* A reader may see a block while another process writes to it. */
static void corrupt_block_stays_in_bounds(void **state)
{
    cors_origin_table_t *table = cors_origin_table_make(pool, 0, 0);
    apr_size_t size;
    unsigned char *block;
    unsigned char *broken;
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        cors_pattern_t pattern;
        const char *suggestion;

        assert_int_equal(cors_pattern_parse(pool,
                                            cors_slice(random_entry(true)),
                                            false, &pattern, &suggestion),
                         CORS_OK);
        cors_origin_table_add_for(table, &pattern, i % 10 == 0,
                                  cors_slice(i % 2 ? "shop" : ""));
    }
    size = cors_origin_table_size(table);
    block = malloc(size);
    broken = malloc(size);
    cors_origin_table_save(table, block);
    for (i = 0; i < 20000; i++) {
        cors_origin_t origin;
        unsigned times = 1 + random_below(40);

        memcpy(broken, block, size);
        while (times-- > 0) {
            /* half of the changes are in the head */
            broken[random_below(2) ? random_below(48)
                                   : random_below((unsigned)size)] =
                (unsigned char)random_below(256);
        }
        if (cors_origin_parse(cors_slice(random_entry(false)), &origin)) {
            const cors_slice_t tenant = { "shop", 4 };

            cors_origin_block_lookup(broken, size, &origin, NULL);
            cors_origin_block_lookup(broken, size, &origin, &tenant);
        }
    }
    free(block);
    free(broken);
}

static void byte_classes_follow_the_standards(void **state)
{
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        bool lower = c >= 'a' && c <= 'z';
        bool digit = c >= '0' && c <= '9';
        bool capital = c >= 'A' && c <= 'Z';

        assert_int_equal(cors_byte_is((char)c, CORS_BYTE_TOKEN),
                         lower || digit || capital
                             || (c && strchr("!#$%&'*+-.^_`|~", c)));
        assert_int_equal(cors_byte_is((char)c, CORS_BYTE_SCHEME),
                         lower || digit || (c && strchr("+-.", c)));
        assert_int_equal(cors_byte_is((char)c, CORS_BYTE_HOST),
                         c > ' ' && c < 0x7f && !capital
                             && !strchr("#%/:<>?@[\\]^|,\"`{}", c));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_agrees_with_each_pattern),
        cmocka_unit_test(table_agrees_without_random_keys),
        cmocka_unit_test(tenants_agree_with_each_row),
        cmocka_unit_test(hostile_tenants_have_no_entry),
        cmocka_unit_test(too_long_patterns_are_not_added),
        cmocka_unit_test(domains_with_any_number_of_dots_are_found),
        cmocka_unit_test(wildcards_of_any_length_are_found),
        cmocka_unit_test(longest_parts_are_found),
        cmocka_unit_test(truncated_or_full_block_lists_nothing),
        cmocka_unit_test(corrupt_block_stays_in_bounds),
        cmocka_unit_test(byte_classes_follow_the_standards)
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
