/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lists that are replaced while threads and processes read them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "core/origin/shared_table.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

#define EXCHANGES 10000
#define READERS 3

static apr_pool_t *pool;
static volatile int *stop; /* shared with the children */

static cors_origin_table_t *make_list(const char *const *words)
{
    cors_origin_table_t *table = cors_origin_table_make(pool, 0, 0);

    for (; *words; words++) {
        cors_pattern_t pattern;
        const char *suggestion;

        assert_int_equal(cors_pattern_parse(pool, cors_slice(*words), false,
                                            &pattern, &suggestion),
                         CORS_OK);
        assert_true(cors_origin_table_add(table, &pattern, pattern.exclude));
    }
    return table;
}

static cors_listing_e listing_of(const void *share, const char *text)
{
    cors_origin_t origin;

    cors_origin_parse(cors_slice(text), &origin);
    return cors_origin_share_lookup(share, &origin, NULL);
}

static const char *const odd[] = { "https://both.example",
                                   "https://odd.example",
                                   "https://*.wild.example", NULL };
static const char *const even[] = { "https://even.example:*",
                                    "https://*.wild.example",
                                    "!https://no.wild.example",
                                    "https://both.example", NULL };

/* Entries that are in both lists must be found at any moment. */
static void *read_until_stopped(void *share)
{
    uintptr_t wrong = 0;

    while (!*stop) {
        wrong +=
            listing_of(share, "https://both.example") != CORS_ORIGIN_LISTED;
        wrong +=
            listing_of(share, "https://a.wild.example") != CORS_ORIGIN_LISTED;
        wrong +=
            listing_of(share, "https://none.example") != CORS_ORIGIN_UNLISTED;
        wrong +=
            listing_of(share, "https://wild.example") != CORS_ORIGIN_UNLISTED;
    }
    return (void *)wrong;
}

static void *shared_memory(apr_size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

static void readers_see_whole_lists_during_exchanges(void **state)
{
    cors_origin_table_t *lists[2];
    apr_size_t size = cors_origin_share_size(4096);
    void *memory = shared_memory(size);
    cors_origin_share_t *share;
    pthread_t threads[READERS];
    pid_t child;
    int status;
    int i;

    (void)state;
    stop = shared_memory(4096);
    lists[0] = make_list(even);
    lists[1] = make_list(odd);
    share = cors_origin_share_make(memory, size, lists[0]);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(read_until_stopped(share) != NULL);
    }
    for (i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_until_stopped,
                                        share),
                         0);
    }
    for (i = 1; i <= EXCHANGES; i++) {
        assert_true(cors_origin_share_publish(share, lists[i & 1]));
        assert_int_equal(listing_of(share, "https://odd.example"),
                         i & 1 ? CORS_ORIGIN_LISTED : CORS_ORIGIN_UNLISTED);
        assert_int_equal(listing_of(share, "https://no.wild.example"),
                         i & 1 ? CORS_ORIGIN_LISTED : CORS_ORIGIN_EXCLUDED);
    }
    *stop = 1;
    for (i = 0; i < READERS; i++) {
        void *wrong;

        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(cors_origin_share_exchanges(share), EXCHANGES);
    munmap(memory, size);
}

static void list_without_room_is_not_published(void **state)
{
    apr_size_t size = cors_origin_share_size(4096);
    void *memory = shared_memory(size);
    cors_origin_share_t *share =
        cors_origin_share_make(memory, size, make_list(odd));
    cors_origin_table_t *large = cors_origin_table_make(pool, 5000, 0);

    (void)state;
    assert_false(cors_origin_share_publish(share, large));
    assert_int_equal(listing_of(share, "https://odd.example"),
                     CORS_ORIGIN_LISTED);
    assert_int_equal(cors_origin_share_exchanges(share), 0);
    munmap(memory, size);
}

static void trimmed_share_has_room_for_two_lists(void **state)
{
    apr_size_t size = cors_origin_share_size(1 << 20);
    void *memory = shared_memory(size);
    cors_origin_table_t *first = make_list(odd);
    cors_origin_share_t *share = cors_origin_share_make(memory, size, first);
    apr_size_t trimmed =
        cors_origin_share_trim(share, cors_origin_table_size(first));

    (void)state;
    assert_int_equal(trimmed,
                     cors_origin_share_size(cors_origin_table_size(first)));
    assert_int_equal(munmap((char *)memory + trimmed, size - trimmed), 0);
    assert_int_equal(listing_of(share, "https://odd.example"),
                     CORS_ORIGIN_LISTED);
    assert_true(cors_origin_share_publish(share, make_list(even)));
    assert_int_equal(listing_of(share, "https://odd.example"),
                     CORS_ORIGIN_UNLISTED);
    assert_true(cors_origin_share_publish(share, first));
    assert_int_equal(listing_of(share, "https://odd.example"),
                     CORS_ORIGIN_LISTED);
    assert_false(
        cors_origin_share_publish(share,
                                  cors_origin_table_make(pool, 5000, 0)));
    munmap(memory, trimmed);
}

static void copy_has_the_current_list(void **state)
{
    apr_size_t size = cors_origin_share_size(4096);
    void *memory = shared_memory(size);
    cors_origin_share_t *share =
        cors_origin_share_make(memory, size, make_list(odd));
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        void *other = shared_memory(size);
        cors_origin_share_t *copy = cors_origin_share_copy(memory, size, other);

        assert_ptr_equal(copy, other);
        assert_int_equal(cors_origin_share_exchanges(copy), 0);
        assert_int_equal(listing_of(copy, "https://odd.example"),
                         i & 1 ? CORS_ORIGIN_UNLISTED : CORS_ORIGIN_LISTED);
        assert_int_equal(listing_of(copy, "https://no.wild.example"),
                         i & 1 ? CORS_ORIGIN_EXCLUDED : CORS_ORIGIN_LISTED);
        /* the copy and the original are replaced separately */
        assert_true(
            cors_origin_share_publish(copy, make_list(i & 1 ? odd : even)));
        assert_int_equal(listing_of(share, "https://odd.example"),
                         i & 1 ? CORS_ORIGIN_UNLISTED : CORS_ORIGIN_LISTED);
        assert_true(
            cors_origin_share_publish(share, make_list(i & 1 ? odd : even)));
        munmap(other, size);
    }
    munmap(memory, size);
}

/* The copying process has more rights than the processes that can write to a share,
 * so no content of the share may harm it. */
static void copying_random_bytes_stays_in_bounds(void **state)
{
    apr_size_t size = cors_origin_share_size(4096);
    char *memory = shared_memory(size);
    unsigned seed = 11;
    int round;

    (void)state;
    for (round = 0; round < 3000; round++) {
        char *other = shared_memory(size);
        apr_size_t i;

        memset(memory, 0, size);
        cors_origin_share_make(memory, size, make_list(odd));
        for (i = 0; i < (round % 3 ? 40 : size); i++) {
            seed = seed * 1103515245u + 12345u;
            /* in the share's own fields, in the head of a list, anywhere */
            memory[round % 3 == 1   ? i % 32
                   : round % 3 == 2 ? 4096 + i % 48
                                    : i] = (char)(seed >> 16);
        }
        if (cors_origin_share_copy(memory, size, other)) {
            listing_of(other, "https://odd.example");
            listing_of(other, "https://a.wild.example");
        }
        munmap(other, size);
        apr_pool_clear(pool);
    }
    munmap(memory, size);
}

/* Copies while another process replaces the lists. */
static void copy_is_never_mixed(void **state)
{
    cors_origin_table_t *lists[2];
    apr_size_t size = cors_origin_share_size(4096);
    void *memory = shared_memory(size);
    cors_origin_share_t *share;
    int copies = 0;
    int status;
    pid_t child;
    int i;

    (void)state;
    stop = shared_memory(4096);
    lists[0] = make_list(even);
    lists[1] = make_list(odd);
    share = cors_origin_share_make(memory, size, lists[0]);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (i = 1; !*stop; i++) {
            cors_origin_share_publish(share, lists[i & 1]);
        }
        _exit(0);
    }
    for (i = 0; i < 3000; i++) {
        void *other = shared_memory(size);

        if (cors_origin_share_copy(memory, size, other)) {
            bool is_odd =
                listing_of(other, "https://odd.example") == CORS_ORIGIN_LISTED;

            copies++;
            assert_int_equal(listing_of(other, "https://both.example"),
                             CORS_ORIGIN_LISTED);
            assert_int_equal(listing_of(other, "https://a.wild.example"),
                             CORS_ORIGIN_LISTED);
            assert_int_equal(listing_of(other, "https://even.example:81"),
                             is_odd ? CORS_ORIGIN_UNLISTED
                                    : CORS_ORIGIN_LISTED);
            assert_int_equal(listing_of(other, "https://no.wild.example"),
                             is_odd ? CORS_ORIGIN_LISTED
                                    : CORS_ORIGIN_EXCLUDED);
        }
        munmap(other, size);
    }
    *stop = 1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(copies > 0);
    munmap(memory, size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_whole_lists_during_exchanges),
        cmocka_unit_test(list_without_room_is_not_published),
        cmocka_unit_test(trimmed_share_has_room_for_two_lists),
        cmocka_unit_test(copy_has_the_current_list),
        cmocka_unit_test(copying_random_bytes_stays_in_bounds),
        cmocka_unit_test(copy_is_never_mixed)
    };
    int failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
