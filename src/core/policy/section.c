/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Stores the settings of one configuration section. It is a separate file because
 * httpd creates and merges sections for every request, so both must be cheap. It does
 * not combine settings; policy.c does that. The trick: a merge only makes a pair of
 * two sections and copies nothing. Pairs that are known at start-up are cached with
 * their inner section, so that a request finds them without an allocation.
 */

#include "core/policy/section.h"

#include <apr_strings.h>

#include "core/base/list.h"
#include "core/base/text_map.h"

/* The settings for a set of methods. */
typedef struct layer_t {
    cors_methods_t methods;
    cors_setting_t *settings; /* by attribute; few are ever set */
    struct layer_t *next;
} layer_t;

/* Up to this many layers are searched linearly. */
#define FEW 8

/* An index of layers by their methods. */
typedef struct {
    cors_text_map_t *map; /* bytes of methods -> layer_t */
    layer_t *last;
} layers_t;

/* A hash table of pairs by their outer section; at least a third of it is free. */
typedef struct {
    const cors_section_t **pairs; /* NULL: the slot is free */
    unsigned size;                /* a power of 2 */
    unsigned count;
} pairs_t;

/* A merge of two sections. */
typedef struct {
    const cors_section_t *outer;
    const cors_section_t *inner;
} pair_t;

/* The layers of an unmerged section. */
typedef struct {
    layer_t *first;  /* the unlimited layer first; NULL: no settings */
    layers_t *index; /* NULL: searched linearly */
} own_t;

/* httpd creates one for each of its sections, even without a directive of this module,
 * and each merge during a request creates one. */
struct cors_section_t {
    cors_section_head_t head;
    bool is_pair; /* selects the member of the union */
    bool lasts;   /* see cors_section_keep() */
    union {
        pair_t pair;
        own_t layers;
    } of;
    cors_scope_t *scope; /* NULL: not known */
    /* NULL: each request resolves the policy */
    const struct cors_resolved_t *resolved;
    pairs_t *made; /* cached pairs with this as the inner section, or NULL */
};

/* cors_setting_t has six bits for an attribute. */
typedef char attributes_fit_t[CORS_ATTR_COUNT <= 64 ? 1 : -1];

const char *cors_scope_position(apr_pool_t *p, const cors_scope_t *scope)
{
    if (scope->file) {
        return apr_psprintf(p, "%s:%d", scope->file, scope->line);
    }
    return NULL;
}

const char *cors_attr_directive(cors_attr_e attr)
{
    static const char *const directives[] = {
#define CORS_ATTR_DIRECTIVE(code, directive) directive,
        CORS_ATTRS(CORS_ATTR_DIRECTIVE)
#undef CORS_ATTR_DIRECTIVE
    };

    return directives[attr];
}

bool cors_attr_is_origins(cors_attr_e attr)
{
    return attr == CORS_ATTR_ORIGINS || attr == CORS_ATTR_WEBSOCKET_ORIGINS
           || attr == CORS_ATTR_PROTECT_ORIGINS;
}

const char *const *cors_attr_choices(cors_attr_e attr)
{
    static const char *const modes[] = { "Off", "On", "ReportOnly", NULL };
    static const char *const flags[] = { "Off", "On", NULL };
    static const char *const preflights[] = { "Answer", "Continue", NULL };
    static const char *const backends[] = { "Replace",     "Keep",
                                            "KeepExposed", "KeepCredentials",
                                            "KeepBoth",    NULL };
    static const char *const protections[] = {
        "Off", "On", "ReportOnly", "On Strict", "ReportOnly Strict", NULL
    };

    static const char *const timings[] = { "Off", "Policy", "*", NULL };
    static const char *const resources[] = { "Off", "same-origin", "same-site",
                                             "cross-origin", NULL };

    switch (attr) {
    case CORS_ATTR_MODE:
        return modes;
    case CORS_ATTR_PREFLIGHT:
        return preflights;
    case CORS_ATTR_BACKEND:
        return backends;
    case CORS_ATTR_PROTECT:
        return protections;
    case CORS_ATTR_TIMING:
        return timings;
    case CORS_ATTR_RESOURCE:
        return resources;
    case CORS_ATTR_CREDENTIALS:
    case CORS_ATTR_ANY_UNSAFE:
    case CORS_ATTR_NULL_UNSAFE:
    case CORS_ATTR_SUFFIX_UNSAFE:
    case CORS_ATTR_REJECT:
    case CORS_ATTR_PRIVATE_NETWORK:
    case CORS_ATTR_SET_ENV:
    case CORS_ATTR_WEBSOCKET_REQUIRE:
    case CORS_ATTR_PROTECT_EMBEDDING:
    case CORS_ATTR_PROTECT_HOST:
        return flags;
    default:
        return NULL;
    }
}

cors_methods_t cors_methods_bit(int number)
{
    /* Shifting a signed 1 into the sign bit is undefined: shift an unsigned one. */
    return (cors_methods_t)((apr_uint64_t)1 << number);
}

cors_section_t *cors_section_make(apr_pool_t *p)
{
    cors_section_t *section = apr_pcalloc(p, sizeof(*section));

    section->head.inert = true;
    return section;
}

bool cors_section_empty(const cors_section_t *section)
{
    return !section->is_pair && !section->of.layers.first;
}

/* Returns the key of a layer. A .htaccess file can have a layer for any set of methods,
 * so it chooses the keys. */
static cors_slice_t layer_key(const layer_t *layer)
{
    cors_slice_t key = { (const char *)&layer->methods,
                         sizeof(layer->methods) };

    return key;
}

static layers_t *index_layers(apr_pool_t *p, const cors_section_t *section)
{
    layers_t *index = apr_pcalloc(p, sizeof(*index));
    layer_t *layer;

    index->map = cors_text_map_make(p, false);
    for (layer = section->of.layers.first; layer; layer = layer->next) {
        cors_text_map_add(index->map, layer_key(layer), layer);
        index->last = layer;
    }
    return index;
}

/* Returns the layer of a set of methods. If there is none, returns NULL and sets last
 * to the layer that a new one must follow. */
static layer_t *find_layer(apr_pool_t *p, cors_section_t *section,
                           const layer_t *wanted, layer_t **last)
{
    own_t *own = &section->of.layers;
    layer_t *layer;
    int count = 0;

    *last = NULL;
    for (layer = own->first; layer && count <= FEW; layer = layer->next) {
        if (layer->methods == wanted->methods) {
            return layer;
        }
        *last = layer;
        count++;
    }
    if (!layer) {
        return NULL;
    }
    if (!own->index) {
        own->index = index_layers(p, section);
    }
    *last = own->index->last;
    /* The map's values are const, but the layers are writable. */
    return (layer_t *)(apr_uintptr_t)cors_text_map_get(own->index->map,
                                                       layer_key(wanted));
}

static layer_t *layer_for(apr_pool_t *p, cors_section_t *section,
                          cors_methods_t methods)
{
    const layer_t wanted = { .methods = methods };
    own_t *own = &section->of.layers;
    layer_t *last;
    layer_t *layer = find_layer(p, section, &wanted, &last);

    if (layer) {
        return layer;
    }
    layer = apr_pcalloc(p, sizeof(*layer));
    layer->methods = methods;
    if (methods == CORS_METHODS_ALL || !last) {
        /* The unlimited layer comes first: a <Limit> takes precedence over it. */
        layer->next = own->first;
        own->first = layer;
    }
    else {
        last->next = layer;
    }
    if (own->index) {
        cors_text_map_add(own->index->map, layer_key(layer), layer);
        own->index->last = layer->next ? own->index->last : layer;
    }
    return layer;
}

cors_setting_t *cors_section_set(apr_pool_t *p, cors_section_t *section,
                                 cors_methods_t methods, cors_attr_e attr,
                                 bool *first)
{
    cors_setting_t **link = &layer_for(p, section, methods)->settings;
    cors_setting_t *setting;

    section->head.inert = false;
    while (*link && (*link)->attr < (unsigned)attr) {
        link = &(*link)->next;
    }
    *first = !*link || (*link)->attr != (unsigned)attr;
    if (*first) {
        setting = apr_pcalloc(p, sizeof(*setting));
        setting->attr = (unsigned)attr & 0x3fu;
        setting->next = *link;
        *link = setting;
    }
    return *link;
}

#define PAIRS_MIN 4

/* Returns the slot of the pair with an outer section, or the free slot for it. */
static unsigned pair_index(const pairs_t *made, const cors_section_t *outer)
{
    apr_uint64_t hash =
        ((apr_uintptr_t)outer >> 4) * (apr_uint64_t)0x9e3779b97f4a7c15u;
    unsigned i = (unsigned)(hash >> 40) & (made->size - 1);

    while (made->pairs[i] && made->pairs[i]->of.pair.outer != outer) {
        i = (i + 1) & (made->size - 1);
    }
    return i;
}

static const cors_section_t *made_pair(const cors_section_t *outer,
                                       const cors_section_t *inner)
{
    if (inner->made) {
        return inner->made->pairs[pair_index(inner->made, outer)];
    }
    return NULL;
}

cors_section_t *cors_section_join(apr_pool_t *p, const cors_section_t *outer,
                                  const cors_section_t *inner)
{
    cors_section_t *pair = apr_pcalloc(p, sizeof(*pair));

    pair->is_pair = true;
    pair->of.pair.outer = outer;
    pair->of.pair.inner = inner;
    return pair;
}

bool cors_section_is_pair_of(const cors_section_t *section,
                             const cors_section_t *outer,
                             const cors_section_t *inner)
{
    return section->is_pair && section->of.pair.outer == outer
           && section->of.pair.inner == inner;
}

void cors_section_keep(cors_section_t *section)
{
    section->lasts = true;
}

bool cors_section_lasts(const cors_section_t *section)
{
    return section->lasts;
}

const cors_section_t *cors_section_merged(const cors_section_t *outer,
                                          const cors_section_t *inner)
{
    if (cors_section_empty(outer)) {
        return inner;
    }
    if (cors_section_empty(inner)) {
        return outer;
    }
    return made_pair(outer, inner);
}

const cors_section_t *cors_section_merge(apr_pool_t *p,
                                         const cors_section_t *outer,
                                         const cors_section_t *inner)
{
    const cors_section_t *merged = cors_section_merged(outer, inner);

    return merged ? merged : cors_section_join(p, outer, inner);
}

static void remember_pair(apr_pool_t *p, cors_section_t *inner,
                          const cors_section_t *pair)
{
    pairs_t *made = inner->made;
    pairs_t larger;
    unsigned i;

    if (!made) {
        made = inner->made = apr_pcalloc(p, sizeof(*made));
    }
    if (made->count * 3 >= made->size * 2) {
        larger.size = made->size ? made->size * 2 : PAIRS_MIN;
        larger.count = made->count;
        larger.pairs =
            apr_pcalloc(p, larger.size * sizeof(const cors_section_t *));
        for (i = 0; i < made->size; i++) {
            if (made->pairs[i]) {
                larger
                    .pairs[pair_index(&larger, made->pairs[i]->of.pair.outer)] =
                    made->pairs[i];
            }
        }
        *made = larger;
    }
    made->pairs[pair_index(made, pair->of.pair.outer)] = pair;
    made->count++;
}

const cors_section_t *cors_section_pair(apr_pool_t *p,
                                        const cors_section_t *outer,
                                        cors_section_t *inner)
{
    const cors_section_t *made;
    cors_section_t *pair;

    if (cors_section_empty(outer) || cors_section_empty(inner)) {
        return cors_section_merge(p, outer, inner);
    }
    made = made_pair(outer, inner);
    if (made) {
        return made;
    }
    pair = cors_section_join(p, outer, inner);
    remember_pair(p, inner, pair);
    return pair;
}

void cors_section_remember_resolved(cors_section_t *section,
                                    const struct cors_resolved_t *resolved,
                                    bool inert)
{
    section->resolved = resolved;
    section->head.inert = inert;
}

const struct cors_resolved_t *
cors_section_resolved(const cors_section_t *section)
{
    return section->resolved;
}

void cors_section_locate(cors_section_t *section, cors_scope_t *scope)
{
    if (!section->scope) {
        section->scope = scope;
    }
}

cors_scope_t *cors_section_scope(const cors_section_t *section)
{
    return section->scope;
}

void cors_section_visit_scopes(const cors_section_t *section,
                               cors_scope_fn tell, void *context)
{
    if (section->is_pair) {
        cors_section_visit_scopes(section->of.pair.outer, tell, context);
        cors_section_visit_scopes(section->of.pair.inner, tell, context);
    }
    else if (section->scope) {
        tell(context, section->scope);
    }
}

void cors_section_visit_leaves(const cors_section_t *section,
                               cors_section_fn visit, void *context)
{
    if (section->is_pair) {
        cors_section_visit_leaves(section->of.pair.outer, visit, context);
        cors_section_visit_leaves(section->of.pair.inner, visit, context);
    }
    else {
        visit(context, section);
    }
}

bool cors_section_has(const cors_section_t *section, const cors_section_t *leaf)
{
    /* Pairs nest in their outer half, so the recursion is rarely deep. */
    while (section->is_pair) {
        if (cors_section_has(section->of.pair.inner, leaf)) {
            return true;
        }
        section = section->of.pair.outer;
    }
    return section == leaf;
}

/* Split each group into the methods of a <Limit> and the others. */
static int part(cors_methods_group_t *groups, int count, cors_methods_t methods)
{
    int before = count;
    int i;

    for (i = 0; i < before; i++) {
        cors_methods_t inside = groups[i].methods & methods;

        if (inside && inside != groups[i].methods) {
            groups[count++].methods = inside;
            groups[i].methods &= ~methods;
        }
    }
    return count;
}

static int part_by_layers(const cors_section_t *section,
                          cors_methods_group_t *groups, int count)
{
    const layer_t *layer;

    if (section->is_pair) {
        count = part_by_layers(section->of.pair.outer, groups, count);
        return part_by_layers(section->of.pair.inner, groups, count);
    }
    for (layer = section->of.layers.first; layer; layer = layer->next) {
        count = part(groups, count, layer->methods);
    }
    return count;
}

int cors_section_groups(apr_pool_t *p, const cors_section_t *section,
                        cors_methods_group_t **groups)
{
    int count;
    int i;

    *groups = apr_pcalloc(p, CORS_METHODS_COUNT * sizeof(**groups));
    (*groups)[0].methods = CORS_METHODS_ALL;
    count = part_by_layers(section, *groups, 1);
    for (i = 0; i < count; i++) {
        int number = 0;

        while (!((*groups)[i].methods & cors_methods_bit(number))) {
            number++;
        }
        (*groups)[i].one = cors_methods_bit(number);
    }
    return count;
}

static void visit_layer(const layer_t *layer, cors_setting_fn tell,
                        void *context)
{
    const cors_setting_t *setting;

    for (setting = layer->settings; setting; setting = setting->next) {
        tell(context, (cors_attr_e)setting->attr, setting);
    }
}

void cors_section_visit(const cors_section_t *section, cors_methods_t methods,
                        cors_setting_fn tell, void *context)
{
    const layer_t *layer;

    if (section->is_pair) {
        cors_section_visit(section->of.pair.outer, methods, tell, context);
        cors_section_visit(section->of.pair.inner, methods, tell, context);
        return;
    }
    for (layer = section->of.layers.first; layer; layer = layer->next) {
        if (layer->methods & methods) {
            visit_layer(layer, tell, context);
        }
    }
}
