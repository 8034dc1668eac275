/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file policy.h
 * @brief The effective policy of one request: all sections folded
 */

#ifndef CORS_POLICY_H
#define CORS_POLICY_H

#include "cors/section.h"

/** A setting and, where it edits a list, what it edits. */
typedef struct cors_link_t {
    const cors_setting_t *setting;   /* NULL: the default */
    const struct cors_link_t *outer; /* NULL: the setting stands by itself */
} cors_link_t;

/** All sections that apply, folded for one method. */
typedef struct {
    cors_link_t link[CORS_ATTR_COUNT];
    bool any_origin; /* any origin is listed, but for what "-" takes out */
    bool constant;   /* everybody, and the answer is the same for each */
    bool varies;     /* the answer to an actual request depends on its origin */
    bool rendered;   /* joined is filled */
    const char *joined[CORS_ATTR_EXPOSE + 1]; /* see cors_policy_joined() */
    cors_problem_e problem; /* why it must not be followed, or CORS_OK */
    const cors_setting_t *conflict[2]; /* the settings behind it, or NULL */
} cors_policy_t;

/** Two settings that contradict each other. */
typedef struct {
    cors_problem_e problem;
    const char *word;      /* the offending word of the first */
    const char *detail;    /* an example; NULL: none is needed */
    const char *source[2]; /* "Directive file:line" of each; the second may be
                            NULL */
    bool regex;            /* the word is a regular expression */
    const char *prefix;    /* "+" where the word edits a list, else "" */
    const cors_setting_t
        *conflict[2]; /* the settings; the second may be NULL */
} cors_contradiction_t;

/** Told of one contradiction; @a context is the caller's. */
typedef void (*cors_contradiction_fn)(void *context,
                                      const cors_contradiction_t *found);

/** Tell of everything in a policy that must not stand together. Where the
 * policy is not in force only what does not depend on that is looked at. */
void cors_policy_contradictions(const cors_policy_t *policy,
                                cors_contradiction_fn tell, void *context);

/**
 * Fold a section and all it was merged from into the policy for one method.
 *
 * Allocates only where a list is edited with "+" or "-". A policy whose parts
 * contradict each other is folded all the same, with problem set to the first
 * of its contradictions.
 *
 * @param p        where edited lists are linked
 * @param section  what applies
 * @param methods  the method's bit, as httpd numbers it
 * @param policy   filled
 */
void cors_policy_resolve(apr_pool_t *p, const cors_section_t *section,
                         cors_methods_t methods, cors_policy_t *policy);

/**
 * Fill in what follows from a policy's links: what it allows as a whole, and the
 * first contradiction. The rest of the policy is all zero.
 */
void cors_policy_complete(cors_policy_t *policy);

/**
 * Fold a section for all methods and remember the policies with it, so that
 * cors_policy_find() finds them and a request folds nothing.
 *
 * For start-up only, where nobody reads the section yet.
 *
 * @param p  lives as long as the section
 */
void cors_policy_prepare(apr_pool_t *p, cors_section_t *section);

/** @return the policy of a section for the method with a number; NULL: it has
 *          not been prepared */
const cors_policy_t *cors_policy_find(const cors_section_t *section,
                                      int method);

/** @return an attribute that is a number, flag or choice, with its default */
static inline int cors_policy_number(const cors_policy_t *policy,
                                     cors_attr_e attr)
{
    const cors_setting_t *setting = policy->link[attr].setting;

    /* every default is 0: CorsPolicy Off, Answer, Replace, Off */
    return setting ? setting->number : 0;
}

/** @return the statuses that answer an allowed and a denied preflight */
void cors_policy_preflight_status(const cors_policy_t *policy, int *allowed,
                                  int *denied);

/** @return whether handshakes are checked: CorsWebSocketAllowOrigins is set */
bool cors_policy_checks_websocket(const cors_policy_t *policy);

/** @return whether the list of handshakes names Self, the server's own origin,
 *          to allow it or to exclude it */
bool cors_policy_names_self(const cors_policy_t *policy);

/**
 * What a list says of an origin.
 *
 * @param attr     CORS_ATTR_ORIGINS or CORS_ATTR_WEBSOCKET_ORIGINS
 * @param origin   a parsed origin
 * @param own      whether it is the server's own origin, which Self stands for
 * @param setting  the setting that decided; NULL: there is none, the default
 */
cors_listing_e cors_policy_origin_listing(const cors_policy_t *policy,
                                          cors_attr_e attr,
                                          const cors_origin_t *origin, bool own,
                                          const cors_setting_t **setting);

/** @return whether no origin at all can be listed
 *
 * @param yet  whether what a file may list later does not count
 */
bool cors_policy_allows_none(const cors_policy_t *policy, cors_attr_e attr,
                             bool yet);

/** How a name is listed. */
typedef enum {
    CORS_NAME_UNLISTED,
    CORS_NAME_LISTED,  /* by itself */
    CORS_NAME_WILDCARD /* only by "*" */
} cors_name_listing_e;

/** @return how a method or a header name is listed in a list of names */
cors_name_listing_e cors_policy_name_listed(const cors_policy_t *policy,
                                            cors_attr_e attr,
                                            cors_slice_t name);

/**
 * What each name that is written in a list of names comes to.
 *
 * @param p  where the map is put
 * @return a map from the name to a const cors_name_listing_e *: CORS_NAME_LISTED or
 *         CORS_NAME_UNLISTED
 */
cors_text_map_t *cors_policy_names(apr_pool_t *p, const cors_policy_t *policy,
                                   cors_attr_e attr);

/** @return how many different names a list of names can list at most; INT_MAX
 *          where there is a wildcard */
int cors_policy_names_most(const cors_policy_t *policy, cors_attr_e attr);

/** @return the link that gives a list of names the wildcard, NULL: none does;
 *          @a edited is set to whether "-" takes something out of it, so that *
 *          cannot be sent */
const cors_link_t *cors_policy_wildcard(const cors_policy_t *policy,
                                        cors_attr_e attr, bool *edited);

/** @return what a link edits: another, or one without setting, which stands for
 *          the default; NULL: it edits nothing */
const cors_link_t *cors_link_edits(const cors_link_t *link);

/** @return the names of a link, the default ones if it has no setting */
const cors_name_set_t *cors_link_names(const cors_link_t *link,
                                       cors_attr_e attr);

/** @return a list of names as a header value, in the order written; NULL for an
 *          empty list. Allocates from @a p only where the list is edited. */
const char *cors_policy_joined(apr_pool_t *p, const cors_policy_t *policy,
                               cors_attr_e attr);

#endif /* CORS_POLICY_H */
