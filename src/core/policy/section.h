/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file section.h
 * @brief The settings of one configuration section, per <Limit>
 */

#ifndef CORS_SECTION_H
#define CORS_SECTION_H

#include <apr_pools.h>

#include "core/origin/origin_set.h"
#include "core/policy/name_set.h"

/**
 * The attributes of a policy, in the order of the manual: code and directive. Loops
 * over attributes run from 0 to CORS_ATTR_COUNT.
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
    X(WEBSOCKET_REQUIRE, "CorsWebSocketRequireOrigin")                         \
    X(PROTECT, "CorsProtect")                                                  \
    X(PROTECT_ORIGINS, "CorsProtectAllowOrigins")                              \
    X(PROTECT_EMBEDDING, "CorsProtectEmbedding")                               \
    X(PROTECT_HOST, "CorsProtectHost")                                         \
    X(TIMING, "CorsTimingAllowOrigin")                                         \
    X(RESOURCE, "CorsResourcePolicy")

typedef enum {
#define CORS_ATTR_CODE(code, directive) CORS_ATTR_##code,
    CORS_ATTRS(CORS_ATTR_CODE)
#undef CORS_ATTR_CODE
    CORS_ATTR_COUNT
} cors_attr_e;

/** @return the name of the directive that sets an attribute, static */
const char *cors_attr_directive(cors_attr_e attr);

/** @return whether a setting of an attribute is a list of origins */
bool cors_attr_is_origins(cors_attr_e attr);

/** @return the arguments of an attribute that is a flag or a choice, indexed by number
 *          and terminated by NULL; NULL for any other attribute */
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
    CORS_BACKEND_KEEP,
    CORS_BACKEND_KEEP_EXPOSED,
    CORS_BACKEND_KEEP_CREDENTIALS,
    CORS_BACKEND_KEEP_BOTH
} cors_backend_e;

/** CorsProtect. STRICT added to ON or REPORT_ONLY is the same mode with Strict. */
typedef enum {
    CORS_PROTECTION_OFF,
    CORS_PROTECTION_ON,
    CORS_PROTECTION_REPORT_ONLY,
    CORS_PROTECTION_STRICT = 2
} cors_protection_e;

/** CorsTimingAllowOrigin */
typedef enum {
    CORS_TIMING_OFF,
    CORS_TIMING_POLICY,
    CORS_TIMING_ANY
} cors_timing_e;

/** CorsResourcePolicy, apart from OFF from the strictest to the least strict */
typedef enum {
    CORS_RESOURCE_OFF,
    CORS_RESOURCE_SAME_ORIGIN,
    CORS_RESOURCE_SAME_SITE,
    CORS_RESOURCE_CROSS_ORIGIN
} cors_resource_e;

/** @return a CorsProtect without its Strict, from the choice of its setting */
static inline cors_protection_e cors_protection_of(int choice)
{
    return (cors_protection_e)(choice > CORS_PROTECTION_REPORT_ONLY
                                   ? choice - CORS_PROTECTION_STRICT
                                   : choice);
}

/**
 * The position of a section in the configuration, as written. Stored by reference, for
 * messages.
 */
typedef struct {
    const char *title; /* "<Location /api> <If ...>"; NULL: the server */
    const char *file;  /* of the innermost container, or NULL */
    const void *node;  /* the caller's own, or NULL */
    int line;          /* of the container */
    int slot;          /* its counters; 0: the shared ones */
} cors_scope_t;

/** @return "file:line" of the innermost container; NULL if there is none */
const char *cors_scope_position(apr_pool_t *p, const cors_scope_t *scope);

/** One attribute as one section sets it. The fields that its value does not use are 0
 * or NULL. */
typedef struct cors_setting_t {
    const char *directive; /* the directive's name */
    const char *source;    /* "CorsPolicy file:line" */
    /* identifies the setting, also after a restart that leaves its line where it is;
     * never 0 */
    apr_uint64_t id;
    cors_scope_t *scope; /* of its section; NULL if unknown */
    /* of a flag or a choice: the index of its argument, see cors_attr_choices() */
    int choice;
    /* Up to linted, these fill 32 bits: a server can have a hundred thousand settings. */
    /* of CorsPreflightStatus; 0: the default */
    unsigned allowed_status : 10;
    unsigned denied_status : 10;
    /* a cors_attr_e; cors_section_set() fills it */
    unsigned attr : 6;
    /* a list whose entries have "+" or "-" */
    unsigned edit : 1;
    /* of a .htaccess file */
    unsigned local : 1;
    /* set by the checks at start-up: some policy in force uses the setting */
    unsigned reached : 1;
    /* set by the checks at start-up, for CorsPolicy: some policy of it allows an
     * origin, or allows none explicitly */
    unsigned allows_some : 1;
    /* set by the checks at start-up, for a setting that cors_policy_may_be_idle():
     * some policy needs it */
    unsigned useful : 1;
    /* set by the checks at start-up: the setting has been checked by itself */
    unsigned linted : 1;
    /* of CorsMaxAge: seconds in decimal; NULL: None */
    const char *max_age_text;
    /* of a list: its arguments, while other settings may share the list; NULL: the
     * list is not shared */
    const char *shared_args;
    cors_origin_set_t *origins;
    cors_name_set_t *names;
    struct cors_setting_t *next; /* used by section.c: by attribute */
} cors_setting_t;

/** The methods of a <Limit>: one bit per httpd method number; -1: all. */
typedef apr_int64_t cors_methods_t;
#define CORS_METHODS_ALL (-(cors_methods_t)1)

/** The number of method numbers. */
#define CORS_METHODS_COUNT 64

/** @return the bit of an httpd method number, 0 to 63 */
cors_methods_t cors_methods_bit(int number);

/**
 * A section: either layers of settings, one unlimited and one per <Limit>, or a pair of
 * sections that httpd has merged. Opaque.
 */
typedef struct cors_section_t cors_section_t;

/** The first member of every section; the rest is private to section.c. */
typedef struct {
    bool inert; /* see cors_section_inert() */
} cors_section_head_t;

/** @return a section without settings */
cors_section_t *cors_section_make(apr_pool_t *p);

/** @return whether an unmerged section has no settings; false for a merged one */
bool cors_section_empty(const cors_section_t *section);

/**
 * Get the setting of an attribute; create it on the first call.
 *
 * @param p        the section's pool
 * @param section  an unmerged section, still being read
 * @param methods  the enclosing <Limit>'s methods, or CORS_METHODS_ALL
 * @param attr     the attribute
 * @param first    set to whether the setting is new, and therefore all zero
 * @return the setting
 */
cors_setting_t *cors_section_set(apr_pool_t *p, cors_section_t *section,
                                 cors_methods_t methods, cors_attr_e attr,
                                 bool *first);

/**
 * Merge an outer section with a section that is nested in it, or that httpd applies
 * after it. Both stay unchanged and must live as long as the result.
 *
 * httpd merges several times per request, so this takes constant time: only
 * cors_policy_resolve() reads the settings.
 */
const cors_section_t *cors_section_merge(apr_pool_t *p,
                                         const cors_section_t *outer,
                                         const cors_section_t *inner);

/**
 * @return the result of cors_section_merge() if no pair has to be made for it: one of
 *   the sections is empty, or cors_section_pair() has made the pair; else NULL
 */
const cors_section_t *cors_section_merged(const cors_section_t *outer,
                                          const cors_section_t *inner);

/** @return a new pair of two sections; see cors_section_merge() */
cors_section_t *cors_section_join(apr_pool_t *p, const cors_section_t *outer,
                                  const cors_section_t *inner);

/** @return whether a section is a pair of two others */
bool cors_section_is_pair_of(const cors_section_t *section,
                             const cors_section_t *outer,
                             const cors_section_t *inner);

/**
 * Mark a section as one that lasts as long as the configuration, as opposed to one of a
 * .htaccess file or of a request. Call it before any other thread reads the section.
 */
void cors_section_keep(cors_section_t *section);

/** @return whether a section was marked by cors_section_keep() */
bool cors_section_lasts(const cors_section_t *section);

/**
 * Merge two sections like cors_section_merge(), and cache the pair with the inner one,
 * so that later merges of the two return it.
 *
 * Call it only at start-up, before any thread reads the sections.
 *
 * @param p      lives as long as both sections
 * @param inner  a section of the configuration, not one of .htaccess
 */
const cors_section_t *cors_section_pair(apr_pool_t *p,
                                        const cors_section_t *outer,
                                        cors_section_t *inner);

/** Resolved policies, see policy.h. */
struct cors_resolved_t;

/**
 * Store the resolved policies of a section. Call it only at start-up.
 *
 * @param inert  whether the section neither affects a request nor cancels a setting of
 *               another section
 */
void cors_section_remember_resolved(cors_section_t *section,
                                    const struct cors_resolved_t *resolved,
                                    bool inert);

/** @return whether a section is empty, or was found to be inert */
static inline bool cors_section_inert(const cors_section_t *section)
{
    return ((const cors_section_head_t *)(const void *)section)->inert;
}

/** @return the stored policies; NULL if there are none */
const struct cors_resolved_t *
cors_section_resolved(const cors_section_t *section);

/** Set the position of an unmerged section; only the first call has an effect. */
void cors_section_locate(cors_section_t *section, cors_scope_t *scope);

/** @return the position of an unmerged section; NULL if unknown */
cors_scope_t *cors_section_scope(const cors_section_t *section);

/** Called with the position of one section. @a context is the caller's. */
typedef void (*cors_scope_fn)(void *context, const cors_scope_t *scope);

/** Visit the known positions of all sections that a section was merged from, outermost
 *  first. */
void cors_section_visit_scopes(const cors_section_t *section,
                               cors_scope_fn tell, void *context);

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
 * Divide all methods into groups that every <Limit> of a section, and of the sections
 * it was merged from, treats alike.
 *
 * @param p       the pool of the array
 * @param groups  set to an array of at most CORS_METHODS_COUNT groups; together they
 *                contain all methods
 * @return the number of groups, at least 1
 */
int cors_section_groups(apr_pool_t *p, const cors_section_t *section,
                        cors_methods_group_t **groups);

/** Called with one setting. @a context is the caller's. */
typedef void (*cors_setting_fn)(void *context, cors_attr_e attr,
                                const cors_setting_t *setting);

/**
 * Visit every setting that applies to a method, in ascending precedence: outer before
 * inner sections; in a section, settings for all methods before those of its <Limit>s,
 * in written order.
 *
 * @param methods  the bit of one method; CORS_METHODS_ALL: visit every setting,
 *                 whatever its methods
 */
void cors_section_visit(const cors_section_t *section, cors_methods_t methods,
                        cors_setting_fn tell, void *context);

#endif /* CORS_SECTION_H */
