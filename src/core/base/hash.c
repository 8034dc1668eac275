/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Hashes numbers and texts without a key.
 *
 * It is its own file so that there is only one such function. The trick is to take
 * eight bytes at a time: the last eight bytes of a text end where the text ends and may
 * overlap the previous ones, so that no byte is left over. The length is counted from
 * 1, so that the hash of an empty text is not 0, which callers use for "not yet read".
 */

#include "core/base/hash.h"

#include <string.h>

apr_uint64_t cors_hash_number(apr_uint64_t hash, apr_uint64_t number)
{
    hash = (hash ^ number) * APR_UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

apr_uint64_t cors_hash_text(apr_uint64_t hash, cors_slice_t text)
{
    apr_uint64_t word = 0;
    apr_size_t i;

    hash += text.len + 1;
    if (text.len < sizeof(word)) {
        for (i = 0; i < text.len; i++) {
            word = word << 8 | (unsigned char)text.ptr[i];
        }
        return cors_hash_number(hash, word);
    }
    for (i = 0; i + sizeof(word) < text.len; i += sizeof(word)) {
        memcpy(&word, text.ptr + i, sizeof(word));
        hash = cors_hash_number(hash, word);
    }
    memcpy(&word, text.ptr + text.len - sizeof(word), sizeof(word));
    return cors_hash_number(hash, word);
}
