/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file section.h
 * @brief What one section of the configuration says, per <Limit>
 */

#ifndef CORS_SECTION_H
#define CORS_SECTION_H

#include <apr_pools.h>

#include "cors/name_set.h"
#include "cors/origin_set.h"

/**
 * The attributes of a policy, in the order of the manual: code and directive.
 * Everything that goes over attributes loops from 0 to CORS_ATTR_COUNT. A
 * setting has the lists in its origins or names; CorsMaxAge in its text (NULL:
 * None); CorsPreflightStatus in its number (allowed) and number2 (denied; 0:
 * the default); everything else, flag or choice, in its number.
 */
#define CORS_ATTRS(X)                                                          \
    X(MODE, "CorsPolicy")                                                      \
    X(ORIGINS, "CorsAllowOrigins")                                             \
    X(METHODS, "CorsAllowMethods")                                             \
    X(HEADERS, "CorsAllowHeaders")                                             \
    X(EXPOSE, "CorsExposeHeaders")                                             \
    X(CREDENTIALS, "CorsAllowCredentials")                                     \
    X(MAX_AGE, "CorsMaxAge")                                                   \
    X(ANY_UNSAFE, "CorsAllowAnyOriginWithCredentialsUnsafe")                   \
    X(NULL_UNSAFE, "CorsAllowNullOriginUnsafe")                                \
    X(SUFFIX_UNSAFE, "CorsAllowPublicSuffixUnsafe")                            \
    X(PREFLIGHT, "CorsPreflight")                                              \
    X(PREFLIGHT_STATUS, "CorsPreflightStatus")                                 \
    X(REJECT, "CorsRejectDisallowed")                                          \
    X(BACKEND, "CorsBackendHeaders")                                           \
    X(PRIVATE_NETWORK, "CorsAllowPrivateNetwork")                              \
    X(SET_ENV, "CorsSetEnv")                                                   \
    X(WEBSOCKET_ORIGINS, "CorsWebSocketAllowOrigins")                          \
    X(WEBSOCKET_REQUIRE, "CorsWebSocketRequireOrigin")

typedef enum {
#define CORS_ATTR_CODE(code, directive) CORS_ATTR_##code,
    CORS_ATTRS(CORS_ATTR_CODE)
#undef CORS_ATTR_CODE
    CORS_ATTR_COUNT
} cors_attr_e;

/** @return the name of the directive that sets an attribute, static */
const char *cors_attr_directive(cors_attr_e attr);

/** @return the words of an attribute that is a flag or a choice, by number and
 *          ending in NULL; NULL: it is something else */
const char *const *cors_attr_choices(cors_attr_e attr);

/** CorsPolicy */
typedef enum {
    CORS_MODE_OFF,
    CORS_MODE_ON,
    CORS_MODE_REPORT_ONLY
} cors_mode_e;

/** CorsPreflight */
typedef enum {
    CORS_PREFLIGHT_ANSWER,
    CORS_PREFLIGHT_CONTINUE
} cors_preflight_e;

/** CorsBackendHeaders */
typedef enum {
    CORS_BACKEND_REPLACE,
    CORS_BACKEND_KEEP
} cors_backend_e;

/**
 * Where a section stands in the configuration, as it is written: kept by
 * reference, for people to find it.
 */
typedef struct {
    const char *title; /* "<Location /api> <If ...>"; NULL: the server itself */
    const char *file;  /* of its innermost container, or NULL */
    const void *node;  /* whatever the caller knows it by, or NULL */
    int line;          /* of the container */
    int slot;          /* where it is counted; 0: with all others */
} cors_place_t;

/** @return "file:line" of the innermost container; NULL: there is none */
const char *cors_place_where(apr_pool_t *p, const cors_place_t *place);

/** One attribute as one section sets it. Which field is read, cors_attr_e says. */
typedef struct cors_setting_t {
    const char *directive;    /* the directive's name */
    const char *source;       /* with its place: "CorsPolicy file:line" */
    apr_uint64_t source_hash; /* cors_counters_hash() of that */
    cors_place_t *place;      /* of its section; NULL: not known */
    int number;
    unsigned number2 : 16;
    /* a cors_attr_e; cors_section_set() fills it */
    unsigned attr : 8;
    /* a list whose words carry "+" and "-" */
    unsigned edit : 1;
    /* noted by the checks at start-up: some policy in force has it */
    unsigned reached : 1;
    /* the same, of CorsPolicy: a policy of it allows an origin, or says that it
     * allows none */
    unsigned allows_some : 1;
    /* the same: it has been looked at by itself */
    unsigned linted : 1;
    /* of a list: the arguments that it is made of, as long as it may be that of
     * other settings too; NULL: it is its own */
    const char *text;
    cors_origin_set_t *origins;
    cors_name_set_t *names;
    struct cors_setting_t *next; /* section.c's: in the order of attributes */
} cors_setting_t;

/** The methods of a <Limit>: one bit each, as httpd numbers them; -1: all. */
typedef apr_int64_t cors_methods_t;
#define CORS_METHODS_ALL (-(cors_methods_t)1)

/** How many methods can be numbered. */
#define CORS_METHODS_COUNT 64

/** @return the bit of the method that httpd numbers so, from 0 to 63 */
cors_methods_t cors_methods_bit(int number);

/**
 * What a section says: either its own layers, the unlimited one and one per
 * <Limit>, or a pair of sections that httpd has merged. Opaque.
 */
typedef struct cors_section_t cors_section_t;

/** What every section begins with; only section.c knows the rest. */
typedef struct {
    bool inert; /* see cors_section_inert() */
} cors_section_head_t;

/** @return a section that says nothing */
cors_section_t *cors_section_make(apr_pool_t *p);

/** @return whether nothing is said in it, nor in what it was merged from */
bool cors_section_empty(const cors_section_t *section);

/**
 * The setting of an attribute, made if this is the first word on it.
 *
 * @param p        the section's pool
 * @param section  an unmerged section, still being read
 * @param methods  the enclosing <Limit>'s methods, or CORS_METHODS_ALL
 * @param attr     the attribute
 * @param first    set to whether the setting is new, and so all zero
 */
cors_setting_t *cors_section_set(apr_pool_t *p, cors_section_t *section,
                                 cors_methods_t methods, cors_attr_e attr,
                                 bool *first);

/**
 * Pair an outer section with the one nested in it, or that httpd applies after
 * it. Both stay as they are and must live as long as the result.
 *
 * httpd does this several times per request, so it is constant work: no
 * attribute is looked at before cors_policy_resolve() does.
 */
const cors_section_t *cors_section_merge(apr_pool_t *p,
                                         const cors_section_t *outer,
                                         const cors_section_t *inner);

/**
 * Make the pair that cors_section_merge() makes of two sections, and remember it
 * with the inner one: from now on a merge of the two finds it.
 *
 * For start-up only, where nobody reads the sections yet.
 *
 * @param p      lives as long as both sections
 * @param inner  a section of the configuration, not one of .htaccess
 */
const cors_section_t *cors_section_pair(apr_pool_t *p,
                                        const cors_section_t *outer,
                                        cors_section_t *inner);

/** Policies that are folded already, see policy.h. */
struct cors_resolved_t;

/**
 * Remember what a section and all it was merged from come to; start-up only.
 *
 * @param inert  whether none of it does anything to a request, nor takes back
 *                what another section says
 */
void cors_section_remember_resolved(cors_section_t *section,
                                    const struct cors_resolved_t *resolved,
                                    bool inert);

/** @return whether a section is empty, or was found to be silent */
static inline bool cors_section_inert(const cors_section_t *section)
{
    return ((const cors_section_head_t *)(const void *)section)->inert;
}

/** @return what was remembered; NULL: nothing */
const struct cors_resolved_t *
cors_section_resolved(const cors_section_t *section);

/** Note where an unmerged section stands; the first place counts. */
void cors_section_locate(cors_section_t *section, cors_place_t *place);

/** @return where an unmerged section stands; NULL: not known */
cors_place_t *cors_section_place(const cors_section_t *section);

/** Told of the place of one section; @a context is the caller's. */
typedef void (*cors_place_fn)(void *context, const cors_place_t *place);

/** Tell of every section that a section was merged from, outermost first, as
 *  far as it is known where it stands. */
void cors_section_visit_places(const cors_section_t *section,
                               cors_place_fn tell, void *context);

/** Called with one unmerged section; @a context is the caller's. */
typedef void (*cors_section_fn)(void *context, const cors_section_t *section);

/** Visit every section that a section was merged from, outermost first. */
void cors_section_visit_leaves(const cors_section_t *section,
                               cors_section_fn visit, void *context);

/** @return whether an unmerged section is one of those that a section was merged
 *          from */
bool cors_section_has(const cors_section_t *section,
                      const cors_section_t *leaf);

/** The methods that a section treats alike, and one of them. */
typedef struct {
    cors_methods_t methods;
    cors_methods_t one;
} cors_methods_group_t;

/**
 * Part the methods into groups that every <Limit> of a section, and of all it
 * was merged from, treats alike.
 *
 * @param p       where the array is put
 * @param groups  set to an array of CORS_METHODS_COUNT at most; together they
 *                are all methods
 * @return how many there are, at least 1
 */
int cors_section_groups(apr_pool_t *p, const cors_section_t *section,
                        cors_methods_group_t **groups);

/** Told of one setting; @a context is the caller's. */
typedef void (*cors_setting_fn)(void *context, cors_attr_e attr,
                                const cors_setting_t *setting);

/**
 * Tell of every setting that holds for a method, in rising precedence: outer
 * before inner sections, and in a section what holds for all methods before
 * what its <Limit>s say, in the order written.
 *
 * @param methods  the one method's bit; CORS_METHODS_ALL: tell of every setting
 *                 there is, whatever its methods
 */
void cors_section_visit(const cors_section_t *section, cors_methods_t methods,
                        cors_setting_fn tell, void *context);

#endif /* CORS_SECTION_H */
