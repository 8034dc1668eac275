/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file policy.h
 * @brief The effective policy of one request, merged from all sections
 */

#ifndef CORS_POLICY_H
#define CORS_POLICY_H

#include "core/base/list.h"
#include "core/base/problem.h"
#include "core/base/text_map.h"
#include "core/origin/origin.h"
#include "core/origin/origin_table.h"
#include "core/policy/name_set.h"
#include "core/policy/section.h"

/** A setting and, if it edits a list, the link that it edits. */
typedef struct cors_link_t {
    const cors_setting_t *setting;   /* NULL: the default */
    const struct cors_link_t *outer; /* NULL: the setting edits nothing */
} cors_link_t;

/** All sections that apply, merged for one method. */
typedef struct {
    cors_link_t link[CORS_ATTR_COUNT];
    bool any_origin; /* any origin is listed, except for exclusions */
    bool constant;   /* any origin, and the answer is the same for each */
    bool varies;     /* the answer to an actual request depends on its origin */
    bool rendered;   /* joined and timing have been filled */
    bool adds_fixed; /* a header that is the same for every request is set */
    bool has_tenants; /* a list of origins finds the tenant of a request */
    bool local;       /* a .htaccess file has set an attribute */
    bool checks_all;  /* CorsProtect checks requests with any method */
    const char *joined[CORS_ATTR_EXPOSE + 1]; /* see cors_policy_joined() */
    const char *timing;                       /* see cors_policy_timing() */
    /* the request headers that give the tenant, for Vary; NULL: none */
    const char *tenant_vary;
    cors_problem_e problem;            /* the first contradiction, or CORS_OK */
    const cors_setting_t *conflict[2]; /* the settings of problem, or NULL */
} cors_policy_t;

/** Two settings that contradict each other. */
typedef struct {
    cors_problem_e problem;
    const char *entry;  /* the unsafe entry of the first setting */
    const char *detail; /* an example, or NULL */
    /* "Directive file:line" of each; the second may be NULL */
    const char *source[2];
    bool regex;         /* the entry is a regular expression */
    const char *prefix; /* "+" if the entry edits a list, else "" */
    const cors_setting_t
        *conflict[2]; /* the settings; the second may be NULL */
} cors_contradiction_t;

/** Called for each contradiction. @a context is the caller's. */
typedef void (*cors_contradiction_fn)(void *context,
                                      const cors_contradiction_t *found);

/** Report all contradictions of a policy. If the policy is off, only those of the
 * WebSocket list are reported. */
void cors_policy_contradictions(const cors_policy_t *policy,
                                cors_contradiction_fn tell, void *context);

/** @return whether a setting is idle unless some policy needs it: a permission (Unsafe)
 *          that is on, or CorsBackendHeaders that leaves credentials to the backend */
bool cors_policy_may_be_idle(cors_attr_e attr, const cors_setting_t *setting);

/**
 * @param attr  of a setting in force that cors_policy_may_be_idle()
 * @return whether the policy needs the setting: it would be a contradiction without the
 *         permission, or it has credentials that the backend can withhold. A
 *         contradictory policy may need what it does not get, so it needs everything.
 */
bool cors_policy_needs(const cors_policy_t *policy, cors_attr_e attr);

/**
 * Merge a section, and all that it was merged from, into the policy of one method.
 *
 * Allocates only if a list is edited with "+" or "-". A policy with contradictions is
 * filled completely too; its problem is then the first of them.
 *
 * @param p        the pool of the links of edited lists
 * @param section  the section that applies
 * @param methods  the method's bit, as httpd numbers it
 * @param policy   filled
 */
void cors_policy_resolve(apr_pool_t *p, const cors_section_t *section,
                         cors_methods_t methods, cors_policy_t *policy);

/**
 * Merge a section like cors_policy_resolve(), but without the settings of .htaccess
 * files.
 */
void cors_policy_resolve_configured(apr_pool_t *p,
                                    const cors_section_t *section,
                                    cors_methods_t methods,
                                    cors_policy_t *policy);

/**
 * Fill the fields that follow from a policy's links: any_origin, constant, varies,
 * has_tenants, checks_all, adds_fixed, and the first contradiction. Before the call, all fields
 * except the links are zero.
 */
void cors_policy_complete(cors_policy_t *policy);

/**
 * Compute the policies of a section for all methods and store them with the section.
 * Requests then use cors_policy_find() and merge nothing.
 *
 * Call it before any other thread reads the section.
 *
 * @param p  lives as long as the section
 * @return the number of policies that were stored; 0 if the section has some already
 */
int cors_policy_precompute(apr_pool_t *p, cors_section_t *section);

/** @return the policy of a section for a method, by httpd's method number; NULL if the
 *          section has not been prepared */
const cors_policy_t *cors_policy_find(const cors_section_t *section,
                                      int method);

/** @return the value of an attribute that is a number, flag or choice, or its
 *          default */
static inline int cors_policy_number(const cors_policy_t *policy,
                                     cors_attr_e attr)
{
    const cors_setting_t *setting = policy->link[attr].setting;

    /* every default is 0: CorsPolicy Off, Answer, Replace, Off */
    return setting ? setting->choice : 0;
}

/** Get the HTTP statuses of the answers to an allowed and to a denied preflight. */
void cors_policy_preflight_status(const cors_policy_t *policy, int *allowed,
                                  int *denied);

/** @return CorsProtect without Strict: a cors_protection_e */
static inline cors_protection_e
cors_policy_protection(const cors_policy_t *policy)
{
    return cors_protection_of(cors_policy_number(policy, CORS_ATTR_PROTECT));
}

/** @return whether CorsProtect has Strict */
static inline bool cors_policy_protects_strictly(const cors_policy_t *policy)
{
    return cors_policy_number(policy, CORS_ATTR_PROTECT)
           > CORS_PROTECTION_REPORT_ONLY;
}

/** @return whether handshakes are checked, because CorsWebSocketAllowOrigins is set */
bool cors_policy_checks_websocket(const cors_policy_t *policy);

/** @return whether handshakes that CorsWebSocketAllowOrigins does not allow are refused, and
 *          not only reported */
bool cors_policy_enforces_websocket(const cors_policy_t *policy);

/** @return whether CorsWebSocketAllowOrigins has Self, the server's own origin, as an
 *          entry or an exclusion */
bool cors_policy_names_self(const cors_policy_t *policy);

/**
 * Look up an origin in a list.
 *
 * @param attr     CORS_ATTR_ORIGINS or CORS_ATTR_WEBSOCKET_ORIGINS
 * @param origin   a parsed origin
 * @param own      whether it is the server's own origin, which Self stands for
 * @param setting  set to the setting that decided; NULL: the default
 * @return how the policy lists the origin
 */
cors_listing_e cors_policy_origin_listing(const cors_policy_t *policy,
                                          cors_attr_e attr,
                                          const cors_origin_t *origin, bool own,
                                          const cors_setting_t **setting);

/** @return whether the policy lists no origin
 *
 * @param yet  true: a file counts only if it lists an origin now; false: it counts
 *             always, because it may list one later
 */
bool cors_policy_allows_none(const cors_policy_t *policy, cors_attr_e attr,
                             bool yet);

/** How a name is listed. */
typedef enum {
    CORS_NAME_UNLISTED,
    CORS_NAME_LISTED,  /* by name */
    CORS_NAME_WILDCARD /* only by "*" */
} cors_name_listing_e;

/** @return how a method or a header name is listed in a list of names */
cors_name_listing_e cors_policy_name_listed(const cors_policy_t *policy,
                                            cors_attr_e attr,
                                            cors_slice_t name);

/**
 * Decide every name that is written in a list of names.
 *
 * @param p  the pool of the map
 * @return a map from the name to a const cors_name_listing_e *: CORS_NAME_LISTED or
 *         CORS_NAME_UNLISTED
 */
cors_text_map_t *cors_policy_names(apr_pool_t *p, const cors_policy_t *policy,
                                   cors_attr_e attr);

/** @return an upper bound of the number of names in a list of names; INT_MAX if it has
 *          the wildcard */
int cors_policy_names_most(const cors_policy_t *policy, cors_attr_e attr);

/** @return the link that adds the wildcard to a list of names; NULL if there is none.
 *          @a edited is set to whether "-" removes a name from it, so that * cannot be
 *          sent. */
const cors_link_t *cors_policy_wildcard(const cors_policy_t *policy,
                                        cors_attr_e attr, bool *edited);

/** @return the link that a link edits; a link without a setting stands for the default.
 *          NULL if it edits nothing. */
const cors_link_t *cors_link_edits(const cors_link_t *link);

/** @return the names of a link; the default names if it has no setting */
const cors_name_set_t *cors_link_names(const cors_link_t *link,
                                       cors_attr_e attr);

/** @return a list of names as a header value, in the order written; NULL for an
 *          empty list. Allocates from @a p only where the list is edited. */
const char *cors_policy_joined(apr_pool_t *p, const cors_policy_t *policy,
                               cors_attr_e attr);

/** The longest Timing-Allow-Origin, in bytes, and how many entries are tried for it. */
#define CORS_TIMING_LENGTH 4096
#define CORS_TIMING_ENTRIES 1000

/** Whether Timing-Allow-Origin has an entry of a list of origins. */
typedef enum {
    CORS_TIMING_SENT,
    /* it does not stand for exactly one origin: a wildcard, a regular expression, a
     * file */
    CORS_TIMING_INEXACT,
    /* the header would be too long */
    CORS_TIMING_LONG
} cors_timing_entry_e;

/** Called for an entry that lists origins. @a context is the caller's. */
typedef void (*cors_timing_fn)(void *context, const cors_setting_t *setting,
                               const cors_origin_entry_t *entry,
                               cors_timing_entry_e how);

/**
 * Visit the entries of CorsAllowOrigins for CorsTimingAllowOrigin Policy, the innermost
 * list first. Entries that are excluded or repeated are not visited, and none is if the
 * policy is for any origin.
 *
 * @param p  scratch
 */
void cors_policy_visit_timing(apr_pool_t *p, const cors_policy_t *policy,
                              cors_timing_fn visit, void *context);

/**
 * @return Timing-Allow-Origin; "": the response must not have one; NULL: the policy
 *         does not concern it. Allocates from @a p only for a policy that was not
 *         precomputed.
 *
 * Resource Timing, 4.5.1 "Timing-Allow-Origin Response Header". A request in no-cors
 * mode names no origin, so the header cannot depend on it.
 */
const char *cors_policy_timing(apr_pool_t *p, const cors_policy_t *policy);

/** Fill the texts of a policy, so that no request has to: see rendered. */
void cors_policy_render(apr_pool_t *p, cors_policy_t *policy);

#endif /* CORS_POLICY_H */
