/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * A hash table of origins and wildcards for requests. It is a separate file because
 * it defines a binary form that several processes share, without pointers. It keeps
 * no source and no order of the entries; origin_set.c has them for explanations. A
 * look-up does not try each wildcard: it hashes the parent domains of the host, and
 * only those with as many dots as some wildcard has. The hash has random keys, so a
 * list cannot be crafted to make all names collide.
 *
 * An entry may belong to a tenant. The names of the tenants are entries of the same
 * table, each with a number, and an entry has the number of its tenant. A look-up for
 * a tenant costs one more probe, and a name that no entry has ends it.
 */

#include "core/origin/origin_table.h"

#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "core/base/compiler.h"
#include "core/base/list.h"

/*
 * The kind of a pattern. It is part of the key, together with the scheme, the host and
 * the port. Port 0 means that there is no port.
 */
typedef enum {
    KIND_EXACT,
    KIND_ANY_PORT,
    KIND_SUBDOMAINS,          /* with one port, or without a port */
    KIND_SUBDOMAINS_ANY_PORT, /* with any port */
    KIND_ANY_HOST,            /* of one scheme, without a port */
    KIND_TENANT /* the name of a tenant; its number follows the text */
} kind_e;

#define KIND_BIT(kind) (1u << (kind))

#define SEPARATOR_LEN (sizeof("://") - 1)
#define WORD 4 /* bytes hashed at once */
#define SCHEME_WORDS ((CORS_SCHEME_MAX + WORD - 1) / WORD)
#define TEXT_MAX (CORS_SCHEME_MAX + SEPARATOR_LEN + CORS_HOST_MAX)
#define TEXT_WORDS ((TEXT_MAX + WORD - 1) / WORD)

/*
 * The keys of a multilinear hash. Each 32-bit word is multiplied by the random 64-bit
 * key of its position; the hash is the upper half of the sum. Any two texts collide
 * with probability 2^-32, even if an attacker who does not know the keys chooses them
 * (Lemire, Kaser: Strongly universal string hashing is fast). Because the hash is a
 * sum, parts that several look-ups share are hashed only once: an origin with and
 * without its port, and the scheme of all wildcards.
 */
typedef struct {
    apr_uint64_t constant;
    apr_uint64_t key;
    apr_uint64_t kind;
    apr_uint64_t scheme[SCHEME_WORDS]; /* of wildcards */
    apr_uint64_t text[TEXT_WORDS];     /* of an origin, or a domain */
} keys_t;

/*
 * A pattern. The text "scheme://host" follows it, without "*." and without the port.
 * An origin with this host starts with the same text.
 */
typedef struct {
    apr_uint32_t key; /* see entry_key(); of a tenant, the length of its name */
    apr_uint32_t class; /* see class_of(); above the FLAG_BITS of its flags */
} entry_t;

/* The number of a tenant has 24 bits; 0 stands for none. */
#define TENANT_NUMBER_MAX 0xffffffu
#define KIND_BITS 4
#define FLAG_BITS 4

#define FLAG_LISTED 1u
#define FLAG_EXCLUDED 2u
#define FLAGS (FLAG_LISTED | FLAG_EXCLUDED)

/* A slot of the hash table; collisions are resolved by linear probing. */
typedef struct {
    apr_uint32_t hash;
    apr_uint32_t at; /* offset of the entry in the area; 0: the slot is free */
} slot_t;

/* A summary of all entries. A block starts with it; keys, slots and area follow. */
typedef struct {
    /* bit n: the domain of some wildcard has n dots; bit 63: 63 dots or more */
    apr_uint64_t dots;
    apr_uint32_t bits;     /* the table has 1 << bits slots; 2 to 31 */
    apr_uint32_t kinds;    /* KIND_BIT() of each kind in the table */
    apr_uint32_t excludes; /* number of excluded entries */
    apr_uint32_t listed;   /* number of listed entries */
    apr_uint32_t count;    /* number of entries; one may be both */
    apr_uint32_t used;  /* bytes used in the area; the first four stay empty */
    apr_uint64_t tails; /* of wildcards, see tail_bit() */
    apr_uint32_t tenants; /* number of tenants */
    apr_uint32_t
        excludes_for_all; /* number of excluded entries without a tenant */
} facts_t;

/* The data of a look-up, in a table or in a block. */
typedef struct {
    facts_t facts;
    const keys_t *keys;
    const slot_t *slots;
    const unsigned char *area;
    apr_uint32_t tenant; /* of the look-up; 0: none */
} view_t;

struct cors_origin_table_t {
    view_t view; /* points at the slots and the area below */
    apr_pool_t *p;
    slot_t *slots;
    unsigned char *area;
    apr_uint32_t room; /* bytes allocated for the area */
};

/* The pattern to look up. */
typedef struct {
    apr_uint64_t sum;   /* hash of the text, without the key and the kind */
    cors_slice_t first; /* the text is first, then second */
    cors_slice_t second;
} wanted_t;

#define BITS_MIN 2
#define BITS_MAX 31
#define ALIGNMENT 4  /* of an entry */
#define AREA_START 4 /* an entry is never at 0 */
#define ROOM_MIN 64

static apr_uint64_t next_key(apr_uint64_t *state)
{
    apr_uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Returns the keys that all tables of a pool share; draws them on the first call. */
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

/* Returns the hash sum of a text; the last word is padded with zeros. */
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

/* Returns the lengths of scheme and host and the port, packed into one number. */
static apr_uint32_t entry_key(apr_size_t scheme_len, apr_size_t host_len,
                              unsigned port)
{
    return (apr_uint32_t)(port | host_len << 16 | scheme_len << 24);
}

/* Returns the kind of an entry and its tenant, packed into one number. */
static apr_uint32_t class_of(kind_e kind, apr_uint32_t tenant)
{
    return tenant << KIND_BITS | (apr_uint32_t)kind;
}

static apr_uint32_t hash_of(const keys_t *keys, apr_uint64_t sum,
                            apr_uint32_t key, apr_uint32_t class)
{
    return (apr_uint32_t)((keys->constant + sum + keys->key * key
                           + keys->kind * class)
                          >> 32);
}

static const entry_t *entry_at(const view_t *view, apr_uint32_t at)
{
    return (const entry_t *)(const void *)(view->area + at);
}

static bool entry_is(const view_t *view, apr_uint32_t at,
                     const wanted_t *wanted, apr_uint32_t key,
                     apr_uint32_t class)
{
    const entry_t *entry = entry_at(view, at);
    const char *text = (const char *)(entry + 1);

    /* A block may be overwritten while it is read: check that the entry is inside. */
    return (apr_uint64_t)at + sizeof(*entry) + wanted->first.len
                   + wanted->second.len
               <= view->facts.used
           && at % sizeof(key) == 0 && entry->key == key
           && entry->class >> FLAG_BITS == class
           && memcmp(text, wanted->first.ptr, wanted->first.len) == 0
           && (wanted->second.len == 0
               || memcmp(text + wanted->first.len, wanted->second.ptr,
                         wanted->second.len)
                      == 0);
}

/* Returns the offset of the pattern with this hash; 0 if there is none. */
static apr_uint32_t find(const view_t *view, apr_uint32_t hash,
                         const wanted_t *wanted, apr_uint32_t key,
                         apr_uint32_t class)
{
    apr_uint32_t last = ((apr_uint32_t)1 << view->facts.bits) - 1;
    apr_uint32_t i = hash >> (32 - view->facts.bits);
    apr_uint32_t left;

    for (left = last; left > 0; left--) {
        const slot_t *slot = &view->slots[i];
        apr_uint32_t at = slot->at;

        if (at == 0
            || (slot->hash == hash && entry_is(view, at, wanted, key, class))) {
            return at;
        }
        i = (i + 1) & last;
    }
    return 0;
}

/* Receives every pattern that matches an origin. */
typedef struct {
    cors_origin_match_fn visit;
    void *context;
} visitor_t;

/* Returns the flags of a pattern; 0 if the table does not have it. A request has no
 * visitor. */
static inline unsigned flags_of(const view_t *view, const wanted_t *wanted,
                                apr_uint32_t key, kind_e kind,
                                const visitor_t *visitor)
{
    const apr_uint32_t class = class_of(kind, view->tenant);
    apr_uint32_t at = find(view, hash_of(view->keys, wanted->sum, key, class),
                           wanted, key, class);
    unsigned flags = at ? entry_at(view, at)->class & FLAGS : 0;

    if (visitor && flags) {
        const cors_origin_match_t matched = {
            wanted->second,
            kind == KIND_ANY_PORT || kind == KIND_SUBDOMAINS_ANY_PORT,
            kind == KIND_ANY_HOST, (flags & FLAG_LISTED) != 0,
            (flags & FLAG_EXCLUDED) != 0
        };

        visitor->visit(visitor->context, &matched);
    }
    return flags;
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

/* The number of bytes at the end of a host that tail_bit() hashes. */
#define TAIL sizeof(apr_uint64_t)

/* Returns one bit that stands for the last TAIL bytes of a host. This is a small Bloom
 * filter: a host can match a wildcard only if the wildcard has set the same bit, so
 * most other hosts need no look-up in the table. */
static inline apr_uint64_t tail_bit(const keys_t *keys, const char *end)
{
    apr_uint64_t tail;

    memcpy(&tail, end - TAIL, TAIL);
    return (apr_uint64_t)1 << (tail * (keys->kind | 1) >> 58);
}

/* Returns the tail bits of a wildcard; all bits if "." and the domain have fewer than
 * TAIL bytes. */
static apr_uint64_t wildcard_tails(const keys_t *keys, cors_slice_t domain)
{
    char tail[TAIL];

    if (domain.len + 1 < TAIL) {
        return ~(apr_uint64_t)0;
    }
    if (domain.len >= TAIL) {
        return tail_bit(keys, cors_slice_end(domain));
    }
    tail[0] = '.';
    memcpy(tail + 1, domain.ptr, TAIL - 1);
    return tail_bit(keys, tail + TAIL);
}

static inline bool may_be_below(const view_t *view, cors_slice_t host)
{
    return host.len < TAIL
           || view->facts.tails & tail_bit(view->keys, cors_slice_end(host));
}

/* Returns the bit of a number of dots in facts_t. */
static apr_uint64_t dots_bit(unsigned dots)
{
    return (apr_uint64_t)1 << (dots < 63 ? dots : 63);
}

/* Returns the combined flags of all wildcards that match the host. */
static inline unsigned find_domains(const view_t *view,
                                    const cors_origin_t *origin,
                                    const visitor_t *visitor)
{
    const keys_t *keys = view->keys;
    const char *start = origin->host.ptr;
    const char *end = start + origin->host.len;
    const char *p;
    apr_uint64_t left = view->facts.dots;
    apr_uint64_t scheme_sum =
        hash_text(keys->scheme, origin->scheme.ptr, origin->scheme.len);
    unsigned dots = 0;
    unsigned flags = 0;
    wanted_t wanted;

    /* The first part is the scheme and "://". */
    wanted.first.ptr = origin->scheme.ptr;
    wanted.first.len = origin->scheme.len + SEPARATOR_LEN;
    /* The domain of a wildcard follows a dot that is not the first byte of the host. */
    for (p = end - 1; left; p--) {
        apr_uint64_t bit;
        apr_size_t len;

        while (p > start && *p != '.') {
            p--;
        }
        if (p <= start) {
            break;
        }
        bit = dots_bit(dots++);
        if (!(left & bit)) {
            continue;
        }
        left = bit >> 63 ? left : left & ~bit;
        wanted.second.ptr = p + 1;
        wanted.second.len = len = (apr_size_t)(end - p - 1);
        wanted.sum = scheme_sum + hash_text(keys->text, p + 1, len);
        if (view->facts.kinds & KIND_BIT(KIND_SUBDOMAINS)) {
            flags |= flags_of(view, &wanted,
                              entry_key(origin->scheme.len, len, origin->port),
                              KIND_SUBDOMAINS, visitor);
        }
        if (view->facts.kinds & KIND_BIT(KIND_SUBDOMAINS_ANY_PORT)) {
            flags |=
                flags_of(view, &wanted, entry_key(origin->scheme.len, len, 0),
                         KIND_SUBDOMAINS_ANY_PORT, visitor);
        }
    }
    return flags;
}

/* Returns the flags of the pattern for all hosts of the origin's scheme. Such hosts are
 * ids: they have no port and are not addresses. */
static CORS_SLOW unsigned find_scheme(const view_t *view,
                                      const cors_origin_t *origin,
                                      const visitor_t *visitor)
{
    wanted_t wanted;

    if (origin->port || origin->host.len == 0 || origin->host.ptr[0] == '[') {
        return 0;
    }
    wanted.first.ptr = origin->text.ptr;
    wanted.first.len = origin->scheme.len + SEPARATOR_LEN;
    wanted.second.ptr = NULL;
    wanted.second.len = 0;
    wanted.sum =
        hash_text(view->keys->text, wanted.first.ptr, wanted.first.len);
    return flags_of(view, &wanted, entry_key(origin->scheme.len, 0, 0),
                    KIND_ANY_HOST, visitor);
}

/* Returns the combined flags of the patterns that match an origin. With a visitor, all
 * of them are found; without one, only those that can change the result. */
static inline unsigned match(const view_t *view, const cors_origin_t *origin,
                             const visitor_t *visitor)
{
    const facts_t *facts = &view->facts;
    apr_size_t scheme_len = origin->scheme.len;
    apr_size_t host_len = origin->host.len;
    unsigned flags;
    wanted_t wanted;

    if (facts->count == 0 || scheme_len > CORS_SCHEME_MAX
        || host_len > CORS_HOST_MAX) {
        return 0;
    }
    wanted.first.ptr = origin->text.ptr;
    wanted.first.len = scheme_len + SEPARATOR_LEN + host_len;
    wanted.second.ptr = NULL;
    wanted.second.len = 0;
    wanted.sum =
        hash_text(view->keys->text, wanted.first.ptr, wanted.first.len);
    flags =
        flags_of(view, &wanted, entry_key(scheme_len, host_len, origin->port),
                 KIND_EXACT, visitor);
    /* A listed origin may still be excluded by another pattern. */
    if ((visitor || !flags || facts->excludes)
        && (facts->kinds & KIND_BIT(KIND_ANY_PORT))) {
        flags |= flags_of(view, &wanted, entry_key(scheme_len, host_len, 0),
                          KIND_ANY_PORT, visitor);
    }
    if ((visitor || !flags || facts->excludes) && facts->dots
        && may_be_below(view, origin->host)) {
        flags |= find_domains(view, origin, visitor);
    }
    if ((visitor || !flags || facts->excludes)
        && (facts->kinds & KIND_BIT(KIND_ANY_HOST))) {
        flags |= find_scheme(view, origin, visitor);
    }
    return flags;
}

/* Returns the number of a tenant; 0: no entry has it, as none has an empty name. */
static apr_uint32_t find_tenant(const view_t *view, cors_slice_t name)
{
    const apr_uint32_t class = class_of(KIND_TENANT, 0);
    wanted_t wanted = { 0, name, { NULL, 0 } };
    apr_uint32_t number = 0;
    apr_uint64_t at;

    if (view->facts.tenants == 0 || name.len == 0
        || name.len > CORS_TENANT_MAX) {
        return 0;
    }
    wanted.sum = hash_text(view->keys->text, name.ptr, name.len);
    at = find(view,
              hash_of(view->keys, wanted.sum, (apr_uint32_t)name.len, class),
              &wanted, (apr_uint32_t)name.len, class);
    if (at) {
        at += sizeof(entry_t) + name.len;
        /* the same check as in entry_is() */
        if (at + sizeof(number) <= view->facts.used) {
            memcpy(&number, view->area + at, sizeof(number));
        }
    }
    return number & TENANT_NUMBER_MAX;
}

/* Returns the flags of an origin for a tenant. Entries of other tenants do not count,
 * and of those without a tenant only the exclusions do. */
static CORS_SLOW unsigned match_tenant(const view_t *view,
                                       const cors_origin_t *origin,
                                       cors_slice_t tenant)
{
    view_t own = *view;
    unsigned flags = 0;

    if (view->facts.excludes_for_all) {
        flags = match(view, origin, NULL) & FLAG_EXCLUDED;
    }
    own.tenant = find_tenant(view, tenant);
    return own.tenant ? flags | match(&own, origin, NULL) : flags;
}

static cors_listing_e look_up(const view_t *view, const cors_origin_t *origin,
                              const cors_slice_t *tenant)
{
    unsigned flags = tenant ? match_tenant(view, origin, *tenant)
                            : match(view, origin, NULL);

    if (flags & FLAG_EXCLUDED) {
        return CORS_ORIGIN_EXCLUDED;
    }
    if (flags) {
        return CORS_ORIGIN_LISTED;
    }
    return CORS_ORIGIN_UNLISTED;
}

cors_listing_e cors_origin_table_lookup(const cors_origin_table_t *table,
                                        const cors_origin_t *origin)
{
    return cors_origin_table_lookup_for(table, origin, NULL);
}

cors_listing_e cors_origin_table_lookup_for(const cors_origin_table_t *table,
                                            const cors_origin_t *origin,
                                            const cors_slice_t *tenant)
{
    return look_up(&table->view, origin, tenant);
}

void cors_origin_table_matches(const cors_origin_table_t *table,
                               const cors_origin_t *origin,
                               cors_origin_match_fn visit, void *context)
{
    const visitor_t visitor = { visit, context };

    match(&table->view, origin, &visitor);
}

/* Returns the bits for a table of count entries with at least a third of its slots
 * free. */
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
    apr_uint64_t room = length
                        + (apr_uint64_t)count * (sizeof(entry_t) + ALIGNMENT)
                        + AREA_START;

    table->p = p;
    table->view.keys = keys_of(p);
    table->view.facts.bits = bits_for(count);
    table->view.facts.used = AREA_START;
    table->room = room > APR_UINT32_MAX ? APR_UINT32_MAX : (apr_uint32_t)room;
    if (table->room < ROOM_MIN) {
        table->room = ROOM_MIN;
    }
    table->slots =
        apr_pcalloc(p,
                    sizeof(slot_t) * ((apr_size_t)1 << table->view.facts.bits));
    table->area = apr_palloc(p, table->room);
    table->view.slots = table->slots;
    table->view.area = table->area;
    return table;
}

static void put_entry(slot_t *slots, apr_uint32_t bits, slot_t slot)
{
    apr_uint32_t last = ((apr_uint32_t)1 << bits) - 1;
    apr_uint32_t i = slot.hash >> (32 - bits);

    while (slots[i].at != 0) {
        i = (i + 1) & last;
    }
    slots[i] = slot;
}

/* Make room for one more slot. Returns false if the table is full. */
static bool grow_slots(cors_origin_table_t *table)
{
    apr_uint32_t bits = bits_for((apr_size_t)table->view.facts.count + 1);
    apr_uint32_t i;
    slot_t *slots;

    if (bits <= table->view.facts.bits) {
        return table->view.facts.count
               < ((apr_uint32_t)1 << table->view.facts.bits) - 1;
    }
    slots = apr_pcalloc(table->p, sizeof(slot_t) * ((apr_size_t)1 << bits));
    for (i = 0; i < (apr_uint32_t)1 << table->view.facts.bits; i++) {
        if (table->slots[i].at != 0) {
            put_entry(slots, bits, table->slots[i]);
        }
    }
    table->view.slots = table->slots = slots;
    table->view.facts.bits = bits;
    return true;
}

/* Make room for more bytes in the area. Returns false if it would pass 4 GB. */
static bool grow_area(cors_origin_table_t *table, apr_size_t more)
{
    apr_uint64_t needed = (apr_uint64_t)table->view.facts.used + more;
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
    memcpy(area, table->area, table->view.facts.used);
    table->view.area = table->area = area;
    return true;
}

static kind_e kind_of(const cors_pattern_t *pattern)
{
    if (pattern->any_host) {
        return KIND_ANY_HOST;
    }
    if (pattern->subdomains) {
        return pattern->any_port ? KIND_SUBDOMAINS_ANY_PORT : KIND_SUBDOMAINS;
    }
    return pattern->any_port ? KIND_ANY_PORT : KIND_EXACT;
}

/* Add an entry that is not in the table, with extra bytes after its text. Returns false
 * if there is no room. */
static bool add_entry(cors_origin_table_t *table, slot_t *slot,
                      const wanted_t *wanted, apr_uint32_t key,
                      apr_uint32_t class, apr_size_t extra)
{
    apr_size_t text_len = wanted->first.len + wanted->second.len;
    apr_size_t length = sizeof(entry_t) + text_len + extra;
    entry_t *entry;

    length = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!grow_slots(table) || !grow_area(table, length)) {
        return false;
    }
    slot->at = table->view.facts.used;
    entry = (entry_t *)(void *)(table->area + slot->at);
    memset(entry, 0, length);
    entry->key = key;
    entry->class = class << FLAG_BITS;
    memcpy(entry + 1, wanted->first.ptr, wanted->first.len);
    if (wanted->second.len > 0) {
        memcpy((char *)(entry + 1) + wanted->first.len, wanted->second.ptr,
               wanted->second.len);
    }
    put_entry(table->slots, table->view.facts.bits, *slot);
    table->view.facts.used += (apr_uint32_t)length;
    table->view.facts.count++;
    return true;
}

/* Get the number of a tenant; its name is added if it is new. Returns false if there is
 * no room. */
static bool number_tenant(cors_origin_table_t *table, cors_slice_t name,
                          apr_uint32_t *number)
{
    const keys_t *keys = table->view.keys;
    const apr_uint32_t class = class_of(KIND_TENANT, 0);
    const wanted_t wanted = { hash_text(keys->text, name.ptr, name.len),
                              name,
                              { NULL, 0 } };
    slot_t slot;

    *number = find_tenant(&table->view, name);
    if (*number) {
        return true;
    }
    slot.hash = hash_of(keys, wanted.sum, (apr_uint32_t)name.len, class);
    if (table->view.facts.tenants == TENANT_NUMBER_MAX
        || !add_entry(table, &slot, &wanted, (apr_uint32_t)name.len, class,
                      sizeof(*number))) {
        return false;
    }
    *number = ++table->view.facts.tenants;
    memcpy(table->area + slot.at + sizeof(entry_t) + name.len, number,
           sizeof(*number));
    return true;
}

bool cors_origin_table_add(cors_origin_table_t *table,
                           const cors_pattern_t *pattern, bool exclude)
{
    static const cors_slice_t no_tenant = { NULL, 0 };

    return cors_origin_table_add_for(table, pattern, exclude, no_tenant);
}

/* Set a flag of an entry, and count it. */
static void flag_entry(cors_origin_table_t *table, apr_uint32_t at,
                       const cors_pattern_t *pattern, unsigned flag)
{
    entry_t *entry = (entry_t *)(void *)(table->area + at);
    facts_t *facts = &table->view.facts;
    const bool exclude = flag == FLAG_EXCLUDED;

    if (entry->class & flag) {
        return;
    }
    entry->class |= flag;
    facts->listed += !exclude;
    facts->excludes += exclude;
    facts->excludes_for_all +=
        exclude && entry->class >> (FLAG_BITS + KIND_BITS) == 0;
    facts->kinds |= KIND_BIT(kind_of(pattern));
    if (pattern->subdomains) {
        facts->dots |= dots_bit(dots_in(pattern->host));
        facts->tails |= wildcard_tails(table->view.keys, pattern->host);
    }
}

bool cors_origin_table_add_for(cors_origin_table_t *table,
                               const cors_pattern_t *pattern, bool exclude,
                               cors_slice_t tenant)
{
    const keys_t *keys = table->view.keys;
    cors_slice_t scheme = pattern->scheme;
    cors_slice_t host = pattern->host;
    apr_uint32_t number = 0;
    apr_uint32_t class;
    apr_uint32_t key;
    wanted_t wanted;
    slot_t slot;

    if (scheme.len > CORS_SCHEME_MAX || host.len > CORS_HOST_MAX
        || tenant.len > CORS_TENANT_MAX
        || (tenant.len > 0 && !number_tenant(table, tenant, &number))) {
        return false;
    }
    class = class_of(kind_of(pattern), number);
    key = entry_key(scheme.len, host.len, pattern->port);
    wanted.first.ptr = scheme.ptr; /* "://" follows the scheme */
    wanted.first.len = scheme.len + SEPARATOR_LEN;
    wanted.second = host;
    if (pattern->subdomains) {
        wanted.sum = hash_text(keys->scheme, scheme.ptr, scheme.len)
                     + hash_text(keys->text, host.ptr, host.len);
    }
    else {
        /* The host follows directly, so the text is in one piece. */
        wanted.first.len += host.len;
        wanted.second.len = 0;
        wanted.sum = hash_text(keys->text, scheme.ptr, wanted.first.len);
    }
    slot.hash = hash_of(keys, wanted.sum, key, class);
    slot.at = find(&table->view, slot.hash, &wanted, key, class);
    if (slot.at == 0 && !add_entry(table, &slot, &wanted, key, class, 0)) {
        return false;
    }
    flag_entry(table, slot.at, pattern, exclude ? FLAG_EXCLUDED : FLAG_LISTED);
    return true;
}

apr_size_t cors_origin_table_listed(const cors_origin_table_t *table)
{
    return table->view.facts.listed;
}

apr_size_t cors_origin_table_excluded(const cors_origin_table_t *table)
{
    return table->view.facts.excludes;
}

apr_size_t cors_origin_table_tenants(const cors_origin_table_t *table)
{
    return table->view.facts.tenants;
}

/* Returns the offset of the slots in a block. */
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
    return (apr_size_t)(area_offset(&table->view.facts)
                        + table->view.facts.used);
}

void cors_origin_table_save(const cors_origin_table_t *table, void *block)
{
    char *bytes = block;

    memcpy(bytes, &table->view.facts, sizeof(facts_t));
    memcpy(bytes + sizeof(facts_t), table->view.keys, sizeof(keys_t));
    memcpy(bytes + slots_offset(), table->slots,
           sizeof(slot_t) << table->view.facts.bits);
    memcpy(bytes + area_offset(&table->view.facts), table->area,
           table->view.facts.used);
}

apr_size_t cors_origin_block_size(const void *block, apr_size_t size)
{
    facts_t facts;
    apr_uint64_t bytes;

    if (size < sizeof(facts)) {
        return 0;
    }
    memcpy(&facts, block, sizeof(facts));
    if (facts.bits < BITS_MIN || facts.bits > BITS_MAX) {
        return 0;
    }
    bytes = area_offset(&facts) + facts.used;
    return bytes <= size ? (apr_size_t)bytes : 0;
}

cors_listing_e cors_origin_block_lookup(const void *block, apr_size_t size,
                                        const cors_origin_t *origin,
                                        const cors_slice_t *tenant)
{
    const char *bytes = block;
    view_t view;
    apr_uint64_t area;

    /* Copy the facts once and check the copy: another process may write to the block
     * at any time. */
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
    view.tenant = 0;
    return look_up(&view, origin, tenant);
}
