/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "cors/origin_table.h"

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

/*
 * An origin is a scheme, a host and a port, and so is a pattern; what kind of
 * pattern it is belongs to its key. A port of 0 is none.
 */
typedef enum {
    KIND_EXACT,
    KIND_ANY_PORT,
    KIND_SUBDOMAINS,         /* with the port written, or none */
    KIND_SUBDOMAINS_ANY_PORT /* with any */
} kind_e;

#define KIND_BIT(kind) (1u << (kind))

#define WORD 4 /* bytes that are hashed at once */
#define SCHEME_WORDS ((CORS_SCHEME_MAX + WORD - 1) / WORD)
#define HOST_WORDS ((CORS_HOST_MAX + WORD - 1) / WORD)

/*
 * The keys of a multilinear hash: the upper half of the sum of 32-bit words, each
 * times a random 64-bit number of its place. Without the keys two texts collide
 * with a chance of 2 to the -32, whoever chose them (Lemire, Kaser: Strongly
 * universal string hashing is fast). It is a sum, so what several keys of one
 * origin share is hashed once.
 */
typedef struct {
    apr_uint64_t constant;
    apr_uint64_t scheme[SCHEME_WORDS];
    apr_uint64_t host[HOST_WORDS];
    apr_uint64_t lengths;
    apr_uint64_t port;
} keys_t;

/* A pattern; its scheme and its host follow. */
typedef struct {
    apr_uint16_t port;
    unsigned char scheme_len;
    unsigned char host_len;
    unsigned char kind;
    unsigned char flags;
} entry_t;

#define FLAG_LISTED 1
#define FLAG_EXCLUDED 2

/* A place in the hash table, which is probed one after the other. */
typedef struct {
    apr_uint32_t hash;
    apr_uint32_t at; /* where in the area the entry is; 0: the slot is free */
} slot_t;

/* What is known of all entries; a block begins with it, then keys, slots, area. */
typedef struct {
    apr_uint64_t dots;     /* bit n: a wildcard's domain has n dots; bit
                                63: or more */
    apr_uint32_t bits;     /* there are 1 << bits slots; 2 to 31 */
    apr_uint32_t kinds;    /* a bit for each kind that there is */
    apr_uint32_t excludes; /* how many entries are excluded */
    apr_uint32_t listed;   /* how many are listed */
    apr_uint32_t count;    /* of entries; one may be both */
    apr_uint32_t used;     /* bytes of the area, the first two unused */
} facts_t;

/* What a look-up needs, wherever it lies. */
typedef struct {
    facts_t facts;
    const keys_t *keys;
    const slot_t *slots;
    const unsigned char *area;
} view_t;

struct cors_origin_table_t {
    apr_pool_t *p;
    facts_t facts;
    const keys_t *keys;
    slot_t *slots;
    unsigned char *area;
    apr_uint32_t room; /* of the area */
};

#define BITS_MIN 2
#define BITS_MAX 31
#define AREA_START 2 /* an entry is never at 0 */
#define ROOM_MIN 64

static apr_uint64_t next_key(apr_uint64_t *state)
{
    apr_uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The keys of all tables of a pool. */
static const keys_t *keys_of(apr_pool_t *p)
{
    static const char name[] = "cors_origin_table keys";
    void *found = NULL;
    keys_t *keys;

    apr_pool_userdata_get(&found, name, p);
    if (found) {
        return found;
    }
    keys = apr_palloc(p, sizeof(*keys));
#if APR_HAS_RANDOM
    if (apr_generate_random_bytes((unsigned char *)keys, sizeof(*keys))
        != APR_SUCCESS)
#endif
    {
        apr_uint64_t *key = (apr_uint64_t *)keys;
        apr_uint64_t state = (apr_uint64_t)apr_time_now()
                             ^ (apr_uint64_t)(apr_uintptr_t)keys << 20;
        apr_size_t i;

        for (i = 0; i < sizeof(*keys) / sizeof(*key); i++) {
            key[i] = next_key(&state);
        }
    }
    apr_pool_userdata_setn(keys, name, NULL, p);
    return keys;
}

/* The sum over a text's words, the last one filled up with zeros. */
static apr_uint64_t hash_text(const apr_uint64_t *key, const char *text,
                              apr_size_t len)
{
    apr_uint64_t sum = 0;
    apr_uint32_t word;

    for (; len >= WORD; len -= WORD) {
        memcpy(&word, text, WORD);
        sum += *key++ * word;
        text += WORD;
    }
    if (len > 0) {
        word = (unsigned char)text[0];
        if (len > 1) {
            word |= (apr_uint32_t)(unsigned char)text[1] << 8;
        }
        if (len > 2) {
            word |= (apr_uint32_t)(unsigned char)text[2] << 16;
        }
        sum += *key * word;
    }
    return sum;
}

static apr_uint32_t hash_of(const keys_t *keys, apr_uint64_t scheme_sum,
                            apr_uint64_t host_sum, apr_size_t scheme_len,
                            apr_size_t host_len, unsigned port, kind_e kind)
{
    apr_uint64_t sum = keys->constant + scheme_sum + host_sum
                       + keys->lengths * (scheme_len << 8 | host_len)
                       + keys->port * (port | (apr_uint32_t)kind << 16);

    return (apr_uint32_t)(sum >> 32);
}

static const entry_t *entry_at(const view_t *view, apr_uint32_t at)
{
    return (const entry_t *)(const void *)(view->area + at);
}

static bool entry_is(const view_t *view, apr_uint32_t at, cors_slice_t scheme,
                     cors_slice_t host, unsigned port, kind_e kind)
{
    const entry_t *entry = entry_at(view, at);
    const char *text = (const char *)(entry + 1);

    /* in a block that is being overwritten an entry may be anywhere */
    return at % 2 == 0
           && (apr_uint64_t)at + sizeof(*entry) + scheme.len + host.len
                  <= view->facts.used
           && entry->port == port && entry->kind == (unsigned char)kind
           && entry->host_len == host.len && entry->scheme_len == scheme.len
           && memcmp(text + scheme.len, host.ptr, host.len) == 0
           && memcmp(text, scheme.ptr, scheme.len) == 0;
}

/* Where the pattern with this key is; 0: there is none. */
static apr_uint32_t find(const view_t *view, apr_uint32_t hash,
                         cors_slice_t scheme, cors_slice_t host, unsigned port,
                         kind_e kind)
{
    apr_uint32_t last = ((apr_uint32_t)1 << view->facts.bits) - 1;
    apr_uint32_t i = hash >> (32 - view->facts.bits);
    apr_uint32_t probes;

    for (probes = 0; probes <= last; probes++) {
        const slot_t *slot = &view->slots[i];
        apr_uint32_t at = slot->at;

        if (at == 0
            || (slot->hash == hash
                && entry_is(view, at, scheme, host, port, kind))) {
            return at;
        }
        i = (i + 1) & last;
    }
    return 0;
}

/* The flags of a pattern; 0: there is none. */
static unsigned flags_of(const view_t *view, apr_uint32_t hash,
                         cors_slice_t scheme, cors_slice_t host, unsigned port,
                         kind_e kind)
{
    apr_uint32_t at = find(view, hash, scheme, host, port, kind);

    return at ? entry_at(view, at)->flags : 0;
}

static unsigned dots_in(cors_slice_t host)
{
    unsigned dots = 0;
    apr_size_t i;

    for (i = 0; i < host.len; i++) {
        dots += host.ptr[i] == '.';
    }
    return dots;
}

/* the bit of a domain's number of dots */
static apr_uint64_t dots_bit(unsigned dots)
{
    return (apr_uint64_t)1 << (dots < 63 ? dots : 63);
}

/* The flags of all wildcards under whose domain a host is. */
static unsigned find_domains(const view_t *view, apr_uint64_t scheme_sum,
                             const cors_origin_t *origin)
{
    const char *start = origin->host.ptr;
    const char *end = start + origin->host.len;
    const char *p;
    apr_uint64_t left = view->facts.dots; /* those with more dots */
    unsigned dots = 0;
    unsigned flags = 0;

    /* a domain has a dot before it, and something before that */
    for (p = end - 1; p > start && left; p--) {
        apr_uint64_t bit;
        cors_slice_t domain;
        apr_uint64_t sum;

        if (*p != '.') {
            continue;
        }
        bit = dots_bit(dots++);
        if (!(left & bit)) {
            continue;
        }
        left = bit >> 63 ? left : left & ~bit;
        domain.ptr = p + 1;
        domain.len = (apr_size_t)(end - domain.ptr);
        sum = hash_text(view->keys->host, domain.ptr, domain.len);
        if (view->facts.kinds & KIND_BIT(KIND_SUBDOMAINS)) {
            flags |=
                flags_of(view,
                         hash_of(view->keys, scheme_sum, sum,
                                 origin->scheme.len, domain.len, origin->port,
                                 KIND_SUBDOMAINS),
                         origin->scheme, domain, origin->port, KIND_SUBDOMAINS);
        }
        if (view->facts.kinds & KIND_BIT(KIND_SUBDOMAINS_ANY_PORT)) {
            flags |=
                flags_of(view,
                         hash_of(view->keys, scheme_sum, sum,
                                 origin->scheme.len, domain.len, 0,
                                 KIND_SUBDOMAINS_ANY_PORT),
                         origin->scheme, domain, 0, KIND_SUBDOMAINS_ANY_PORT);
        }
    }
    return flags;
}

static cors_listing_e look_up(const view_t *view, const cors_origin_t *origin)
{
    const keys_t *keys = view->keys;
    cors_slice_t scheme = origin->scheme;
    cors_slice_t host = origin->host;
    apr_uint64_t scheme_sum;
    apr_uint64_t host_sum;
    unsigned flags;

    if (view->facts.count == 0 || scheme.len > CORS_SCHEME_MAX
        || host.len > CORS_HOST_MAX) {
        return CORS_ORIGIN_UNLISTED;
    }
    scheme_sum = hash_text(keys->scheme, scheme.ptr, scheme.len);
    host_sum = hash_text(keys->host, host.ptr, host.len);
    flags = flags_of(view,
                     hash_of(keys, scheme_sum, host_sum, scheme.len, host.len,
                             origin->port, KIND_EXACT),
                     scheme, host, origin->port, KIND_EXACT);
    /* what is listed may be excluded by something else */
    if ((!flags || view->facts.excludes)
        && (view->facts.kinds & KIND_BIT(KIND_ANY_PORT))) {
        flags |= flags_of(view,
                          hash_of(keys, scheme_sum, host_sum, scheme.len,
                                  host.len, 0, KIND_ANY_PORT),
                          scheme, host, 0, KIND_ANY_PORT);
    }
    if ((!flags || view->facts.excludes) && view->facts.dots) {
        flags |= find_domains(view, scheme_sum, origin);
    }
    return flags & FLAG_EXCLUDED ? CORS_ORIGIN_EXCLUDED
           : flags & FLAG_LISTED ? CORS_ORIGIN_LISTED
                                 : CORS_ORIGIN_UNLISTED;
}

static view_t view_of(const cors_origin_table_t *table)
{
    view_t view;

    view.facts = table->facts;
    view.keys = table->keys;
    view.slots = table->slots;
    view.area = table->area;
    return view;
}

cors_listing_e cors_origin_table_lookup(const cors_origin_table_t *table,
                                        const cors_origin_t *origin)
{
    view_t view = view_of(table);

    return look_up(&view, origin);
}

/* how many bits of slots hold so many entries, a third or more of them free */
static apr_uint32_t bits_for(apr_size_t count)
{
    apr_uint32_t bits = BITS_MIN;

    while (bits < BITS_MAX && ((apr_uint64_t)1 << bits) * 2 / 3 < count) {
        bits++;
    }
    return bits;
}

cors_origin_table_t *cors_origin_table_make(apr_pool_t *p, apr_size_t count,
                                            apr_size_t length)
{
    cors_origin_table_t *table = apr_pcalloc(p, sizeof(*table));
    apr_uint64_t room =
        length + (apr_uint64_t)count * (sizeof(entry_t) + 1) + AREA_START;

    table->p = p;
    table->keys = keys_of(p);
    table->facts.bits = bits_for(count);
    table->facts.used = AREA_START;
    table->room = room < ROOM_MIN         ? ROOM_MIN
                  : room > APR_UINT32_MAX ? APR_UINT32_MAX
                                          : (apr_uint32_t)room;
    table->slots =
        apr_pcalloc(p, sizeof(slot_t) * ((apr_size_t)1 << table->facts.bits));
    table->area = apr_palloc(p, table->room);
    return table;
}

static void put(slot_t *slots, apr_uint32_t bits, slot_t slot)
{
    apr_uint32_t last = ((apr_uint32_t)1 << bits) - 1;
    apr_uint32_t i = slot.hash >> (32 - bits);

    while (slots[i].at != 0) {
        i = (i + 1) & last;
    }
    slots[i] = slot;
}

/* Room for one more slot; false: there is none. */
static bool grow_slots(cors_origin_table_t *table)
{
    apr_uint32_t bits = bits_for((apr_size_t)table->facts.count + 1);
    apr_uint32_t i;
    slot_t *slots;

    if (bits <= table->facts.bits) {
        return table->facts.count < ((apr_uint32_t)1 << table->facts.bits) - 1;
    }
    slots = apr_pcalloc(table->p, sizeof(slot_t) * ((apr_size_t)1 << bits));
    for (i = 0; i < (apr_uint32_t)1 << table->facts.bits; i++) {
        if (table->slots[i].at != 0) {
            put(slots, bits, table->slots[i]);
        }
    }
    table->slots = slots;
    table->facts.bits = bits;
    return true;
}

/* Room for so many bytes more in the area; false: there is none. */
static bool grow_area(cors_origin_table_t *table, apr_size_t more)
{
    apr_uint64_t needed = (apr_uint64_t)table->facts.used + more;
    apr_uint64_t room = table->room;
    unsigned char *area;

    if (needed <= room) {
        return true;
    }
    if (needed > APR_UINT32_MAX) {
        return false;
    }
    room = room * 2 > needed ? room * 2 : needed;
    table->room = room > APR_UINT32_MAX ? APR_UINT32_MAX : (apr_uint32_t)room;
    area = apr_palloc(table->p, table->room);
    memcpy(area, table->area, table->facts.used);
    table->area = area;
    return true;
}

static kind_e kind_of(const cors_pattern_t *pattern)
{
    if (pattern->subdomains) {
        return pattern->any_port ? KIND_SUBDOMAINS_ANY_PORT : KIND_SUBDOMAINS;
    }
    return pattern->any_port ? KIND_ANY_PORT : KIND_EXACT;
}

bool cors_origin_table_add(cors_origin_table_t *table,
                           const cors_pattern_t *pattern, bool exclude)
{
    cors_slice_t scheme = pattern->scheme;
    cors_slice_t host = pattern->host;
    const unsigned flag = exclude ? FLAG_EXCLUDED : FLAG_LISTED;
    const kind_e kind = kind_of(pattern);
    view_t view = view_of(table);
    entry_t *entry;
    slot_t slot;

    if (scheme.len > CORS_SCHEME_MAX || host.len > CORS_HOST_MAX) {
        return false;
    }
    slot.hash = hash_of(table->keys,
                        hash_text(table->keys->scheme, scheme.ptr, scheme.len),
                        hash_text(table->keys->host, host.ptr, host.len),
                        scheme.len, host.len, pattern->port, kind);
    slot.at = find(&view, slot.hash, scheme, host, pattern->port, kind);
    if (slot.at == 0) {
        apr_size_t length = sizeof(*entry) + scheme.len + host.len;

        length += length % 2;
        if (!grow_slots(table) || !grow_area(table, length)) {
            return false;
        }
        slot.at = table->facts.used;
        entry = (entry_t *)(void *)(table->area + slot.at);
        memset(entry, 0, length);
        entry->port = (apr_uint16_t)pattern->port;
        entry->kind = (unsigned char)kind;
        entry->scheme_len = (unsigned char)scheme.len;
        entry->host_len = (unsigned char)host.len;
        memcpy(entry + 1, scheme.ptr, scheme.len);
        memcpy((char *)(entry + 1) + scheme.len, host.ptr, host.len);
        put(table->slots, table->facts.bits, slot);
        table->facts.used += (apr_uint32_t)length;
        table->facts.count++;
    }
    entry = (entry_t *)(void *)(table->area + slot.at);
    if (!(entry->flags & flag)) {
        entry->flags |= (unsigned char)flag;
        table->facts.listed += !exclude;
        table->facts.excludes += exclude;
        table->facts.kinds |= KIND_BIT(kind);
        if (pattern->subdomains) {
            table->facts.dots |= dots_bit(dots_in(host));
        }
    }
    return true;
}

apr_size_t cors_origin_table_listed(const cors_origin_table_t *table)
{
    return table->facts.listed;
}

apr_size_t cors_origin_table_excluded(const cors_origin_table_t *table)
{
    return table->facts.excludes;
}

/* Where the parts of a block are. */
static apr_size_t slots_offset(void)
{
    return sizeof(facts_t) + sizeof(keys_t);
}

static apr_uint64_t area_offset(const facts_t *facts)
{
    return slots_offset() + sizeof(slot_t) * ((apr_uint64_t)1 << facts->bits);
}

apr_size_t cors_origin_table_size(const cors_origin_table_t *table)
{
    return (apr_size_t)(area_offset(&table->facts) + table->facts.used);
}

void cors_origin_table_save(const cors_origin_table_t *table, void *block)
{
    char *bytes = block;

    memcpy(bytes, &table->facts, sizeof(facts_t));
    memcpy(bytes + sizeof(facts_t), table->keys, sizeof(keys_t));
    memcpy(bytes + slots_offset(), table->slots,
           sizeof(slot_t) << table->facts.bits);
    memcpy(bytes + area_offset(&table->facts), table->area, table->facts.used);
}

cors_listing_e cors_origin_block_lookup(const void *block, apr_size_t size,
                                        const cors_origin_t *origin)
{
    const char *bytes = block;
    view_t view;
    apr_uint64_t area;

    /* looked at once: whatever is written there meanwhile, what has been
     * checked is what is used */
    memcpy(&view.facts, bytes, sizeof(view.facts));
    if (view.facts.bits < BITS_MIN || view.facts.bits > BITS_MAX) {
        return CORS_ORIGIN_UNLISTED;
    }
    area = area_offset(&view.facts);
    if (area + view.facts.used > size) {
        return CORS_ORIGIN_UNLISTED;
    }
    view.keys = (const keys_t *)(const void *)(bytes + sizeof(facts_t));
    view.slots = (const slot_t *)(const void *)(bytes + slots_offset());
    view.area = (const unsigned char *)bytes + area;
    return look_up(&view, origin);
}

static const facts_t *facts_of(const void *block)
{
    return block;
}

apr_size_t cors_origin_block_listed(const void *block)
{
    return facts_of(block)->listed;
}

bool cors_origin_block_excludes(const void *block)
{
    return facts_of(block)->excludes != 0;
}
