/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* APR's atomic operations, annotated for helgrind, which only knows locks. The
 * library is preloaded into httpd. Like APR's own functions, each is a full barrier.
 * httpd's MPMs use them to pass pools and sockets between threads, and the module to
 * publish its lists. */
#include <apr_atomic.h>
#include <valgrind/helgrind.h>

#define ORDERED(mem, type, operation)                                          \
    type before;                                                               \
                                                                               \
    ANNOTATE_HAPPENS_BEFORE(mem);                                              \
    before = operation;                                                        \
    ANNOTATE_HAPPENS_AFTER(mem);                                               \
    return before

apr_uint32_t apr_atomic_read32(volatile apr_uint32_t *mem)
{
    ORDERED(mem, apr_uint32_t, __sync_fetch_and_add(mem, 0));
}

void apr_atomic_set32(volatile apr_uint32_t *mem, apr_uint32_t value)
{
    apr_atomic_xchg32(mem, value);
}

apr_uint32_t apr_atomic_add32(volatile apr_uint32_t *mem, apr_uint32_t value)
{
    ORDERED(mem, apr_uint32_t, __sync_fetch_and_add(mem, value));
}

void apr_atomic_sub32(volatile apr_uint32_t *mem, apr_uint32_t value)
{
    apr_atomic_add32(mem, -value);
}

apr_uint32_t apr_atomic_inc32(volatile apr_uint32_t *mem)
{
    return apr_atomic_add32(mem, 1);
}

int apr_atomic_dec32(volatile apr_uint32_t *mem)
{
    return apr_atomic_add32(mem, (apr_uint32_t)-1) != 1;
}

apr_uint32_t apr_atomic_cas32(volatile apr_uint32_t *mem, apr_uint32_t with,
                              apr_uint32_t cmp)
{
    ORDERED(mem, apr_uint32_t, __sync_val_compare_and_swap(mem, cmp, with));
}

apr_uint32_t apr_atomic_xchg32(volatile apr_uint32_t *mem, apr_uint32_t value)
{
    ORDERED(mem, apr_uint32_t,
            __atomic_exchange_n(mem, value, __ATOMIC_SEQ_CST));
}

void *apr_atomic_casptr(volatile void **mem, void *with, const void *cmp)
{
    ORDERED(mem, void *,
            (void *)__sync_val_compare_and_swap(mem, (volatile void *)cmp,
                                                (volatile void *)with));
}

void *apr_atomic_xchgptr(volatile void **mem, void *with)
{
    ORDERED(mem, void *,
            (void *)__atomic_exchange_n(mem, (volatile void *)with,
                                        __ATOMIC_SEQ_CST));
}
