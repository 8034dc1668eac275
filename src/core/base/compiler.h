/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file compiler.h
 * @brief Compiler extensions
 */

#ifndef CORS_COMPILER_H
#define CORS_COMPILER_H

/**
 * Marks a function that few requests need, or that each request needs only once. It is
 * not inlined, so its callers save no registers for it.
 */
#if defined(__GNUC__)
#define CORS_SLOW __attribute__((noinline))
#else
#define CORS_SLOW
#endif

/** Expands an entry X(code, text) of a list to an element of an array of texts. */
#define CORS_TEXT_OF(code, text) text,

#endif /* CORS_COMPILER_H */
