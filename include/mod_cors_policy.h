/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file mod_cors_policy.h
 * @brief What mod_cors_policy offers to other modules
 *
 * The module's own files do not share anything through this header: their headers are
 * beside them in src.
 */

#ifndef MOD_CORS_POLICY_H
#define MOD_CORS_POLICY_H

/** The version of the module that this header belongs to. */
#define CORS_POLICY_VERSION "1.0.0"

#endif /* MOD_CORS_POLICY_H */
