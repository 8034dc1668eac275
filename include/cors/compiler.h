/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file compiler.h
 * @brief What the compiler is told beyond the language
 */

#ifndef CORS_COMPILER_H
#define CORS_COMPILER_H

/** A function for what few requests need, or what each needs once: kept out of its
 * callers, so that they save no registers for it. */
#if defined(__GNUC__)
#define CORS_SLOW __attribute__((noinline))
#else
#define CORS_SLOW
#endif

#endif /* CORS_COMPILER_H */
